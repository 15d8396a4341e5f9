// ⌘K: go somewhere, open a recent run, or ask what was typed.
'use client';
import { CommandGroup, CommandItem, CommandPalette } from '@sena/ui/command-palette';
import { Kbd } from '@sena/ui/kbd';
import { type Theme, useTheme } from '@sena/ui/theme';
import { Monitor, Moon, Plus, Sparkles, Sun } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { RunKindIcon } from '../runs/run-kind-icon.tsx';
import { runTitle } from '../runs/run-title.ts';
import { useRecentRuns } from '../runs/use-runs.ts';
import { destinations } from './destinations.ts';

interface CommandMenuProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function CommandMenu({ open, onOpenChange }: CommandMenuProps) {
  const router = useRouter();
  const { setTheme } = useTheme();
  const [query, setQuery] = useState('');
  const recent = useRecentRuns({ enabled: open });
  const question = query.trim();

  function close() {
    onOpenChange(false);
    setQuery('');
  }

  function go(path: string) {
    close();
    router.push(path);
  }

  function choose(theme: Theme) {
    setTheme(theme);
    close();
  }

  return (
    <CommandPalette
      open={open}
      onOpenChange={(next) => (next ? onOpenChange(true) : close())}
      label="Command menu"
      placeholder="Where to, or what do you want to know?"
      empty="Nothing is called that."
      query={query}
      onQueryChange={setQuery}
    >
      {question !== '' && (
        <CommandGroup heading="Ask" forceMount>
          <CommandItem
            forceMount
            value={`ask ${question}`}
            onSelect={() => go(`/?prompt=${encodeURIComponent(question)}`)}
          >
            <Sparkles aria-hidden />
            <span className="truncate">
              Ask “<span className="text-foreground">{question}</span>”
            </span>
          </CommandItem>
        </CommandGroup>
      )}
      <CommandGroup heading="Go to">
        {destinations.map((destination) => (
          <CommandItem key={destination.path} value={destination.name} onSelect={() => go(destination.path)}>
            <destination.icon aria-hidden />
            <span className="flex-1">{destination.name}</span>
            <Kbd>g</Kbd>
            <Kbd>{destination.key}</Kbd>
          </CommandItem>
        ))}
        <CommandItem value="Add a satellite" onSelect={() => go('/satellites?add')}>
          <Plus aria-hidden /> Add a satellite
        </CommandItem>
      </CommandGroup>
      {recent.data !== undefined && recent.data.length > 0 && (
        <CommandGroup heading="Recent runs">
          {recent.data.map((run) => (
            <CommandItem key={run.id} value={`${runTitle(run)} ${run.id}`} onSelect={() => go(`/runs/${run.id}`)}>
              <RunKindIcon kind={run.kind} />
              <span className="truncate">{runTitle(run)}</span>
            </CommandItem>
          ))}
        </CommandGroup>
      )}
      <CommandGroup heading="Theme">
        <CommandItem value="Theme light" onSelect={() => choose('light')}>
          <Sun aria-hidden /> Light
        </CommandItem>
        <CommandItem value="Theme dark" onSelect={() => choose('dark')}>
          <Moon aria-hidden /> Dark
        </CommandItem>
        <CommandItem value="Theme system" onSelect={() => choose('system')}>
          <Monitor aria-hidden /> As the system
        </CommandItem>
      </CommandGroup>
    </CommandPalette>
  );
}
