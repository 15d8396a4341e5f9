// Who is signed in, in which organization and role; the theme; the way out.
'use client';
import { Button } from '@sena/ui/button';
import {
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
  MenuTrigger,
} from '@sena/ui/menu';
import { type Theme, useTheme } from '@sena/ui/theme';
import { notifyFailed } from '@sena/ui/toaster';
import { useQueryClient } from '@tanstack/react-query';
import { Building2, ChevronsUpDown, CircleUser, KeyRound, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { signOut } from './auth-client.ts';
import { useMe } from './use-me.ts';
import { useOrganizations } from './use-organizations.ts';

export function UserMenu() {
  const me = useMe();
  const router = useRouter();
  const queryClient = useQueryClient();
  const { theme, setTheme } = useTheme();

  async function leave() {
    if (!(await signOut())) {
      notifyFailed(
        'You are still signed in',
        'SENA did not answer. Try again, or close the browser on a shared machine.',
      );
      return;
    }
    queryClient.clear();
    router.replace('/sign-in');
  }

  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" className="h-auto w-full justify-start px-2 py-1.5 text-left [&>span]:w-full">
          <span
            aria-hidden
            className="flex size-7 shrink-0 items-center justify-center rounded-full bg-primary-soft text-xs font-semibold text-primary"
          >
            {initials(me.user.name)}
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate text-[0.8125rem] leading-4 text-foreground">{me.user.name}</span>
            <span className="block truncate text-xs leading-4 font-normal">{me.organization.name}</span>
            <span className="sr-only">account menu</span>
          </span>
          <ChevronsUpDown aria-hidden className="size-3.5" />
        </Button>
      </MenuTrigger>
      <MenuContent side="top" align="start" className="w-56">
        <MenuLabel>
          <span className="block truncate text-sm text-foreground">{me.user.email}</span>
          <span className="block truncate">
            {me.role} of {me.organization.name}
            {me.scope !== null && `, on ${me.scope}`}
          </span>
        </MenuLabel>
        <MenuSeparator />
        <MenuRadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
          <MenuRadioItem value="light">
            <Sun /> Light
          </MenuRadioItem>
          <MenuRadioItem value="dark">
            <Moon /> Dark
          </MenuRadioItem>
          <MenuRadioItem value="system">
            <Monitor /> As the system
          </MenuRadioItem>
        </MenuRadioGroup>
        <MenuSeparator />
        <MenuItem onSelect={() => router.push('/account')}>
          <CircleUser /> Account
        </MenuItem>
        <MenuItem onSelect={() => router.push('/account/passkeys')}>
          <KeyRound /> Passkeys
        </MenuItem>
        <OrganizationItems />
        <MenuItem onSelect={() => void leave()}>
          <LogOut /> Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

/** The other organizations of this person: the session moves there, and everything is read anew. */
function OrganizationItems() {
  const { organizations, select } = useOrganizations();
  return organizations
    .filter(({ isCurrent }) => !isCurrent)
    .map(({ id, name }) => (
      <MenuItem key={id} onSelect={() => select.mutate(id)}>
        <Building2 /> <span className="truncate">Go to {name}</span>
      </MenuItem>
    ));
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return words
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toUpperCase();
}
