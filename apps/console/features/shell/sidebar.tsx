// Where one can go, what waits for a decision, and who is signed in.
'use client';
import { Button } from '@sena/ui/button';
import { classNames } from '@sena/ui/class-names';
import { Kbd } from '@sena/ui/kbd';
import { Search } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { usePendingApprovals } from '../approvals/use-pending-approvals.ts';
import { UserMenu } from '../session/user-menu.tsx';
import { destinations, isAt } from './destinations.ts';
import { Logo } from './logo.tsx';
import { useCommandKey } from './use-command-key.ts';

interface SidebarProps {
  onOpenCommandMenu: () => void;
  onNavigate?: () => void;
}

export function Sidebar({ onOpenCommandMenu, onNavigate }: SidebarProps) {
  const pathname = usePathname();
  const commandKey = useCommandKey();
  const waiting = usePendingApprovals();
  return (
    <div className="flex h-full flex-col gap-3 p-3">
      <Link href="/" className="w-fit rounded-md px-2 pt-1" onClick={onNavigate} aria-label="SENA, home">
        <Logo />
      </Link>
      <Button
        className="mt-1 h-8 w-full justify-between px-2 font-normal text-muted-foreground [&>span]:w-full [&>span]:justify-between"
        onClick={onOpenCommandMenu}
      >
        <span className="inline-flex items-center gap-2">
          <Search aria-hidden /> Search
        </span>
        <Kbd>{commandKey} K</Kbd>
      </Button>
      <nav aria-label="Main" className="flex flex-1 flex-col gap-0.5">
        {destinations.map((destination) => {
          const active = isAt(destination, pathname);
          return (
            <Link
              key={destination.path}
              href={destination.path}
              onClick={onNavigate}
              aria-current={active ? 'page' : undefined}
              className={classNames(
                'flex h-8 items-center gap-2.5 rounded-md px-2 text-[0.8125rem] font-medium transition-colors',
                active ? 'bg-primary-soft text-primary' : 'text-muted-foreground hover:bg-muted hover:text-foreground',
              )}
            >
              <destination.icon aria-hidden className="size-4" />
              {destination.name}
              {destination.path === '/approvals' && waiting.label !== null && (
                <span className="ml-auto rounded-full bg-warning-soft px-1.5 text-xs leading-5 font-semibold text-warning tabular-nums">
                  {waiting.label}
                  <span className="sr-only"> waiting</span>
                </span>
              )}
            </Link>
          );
        })}
      </nav>
      <a
        href="/docs"
        className="rounded-md px-2 py-1 text-[0.8125rem] text-muted-foreground hover:text-foreground"
        target="_blank"
        rel="noreferrer"
      >
        API reference
      </a>
      <UserMenu />
    </div>
  );
}
