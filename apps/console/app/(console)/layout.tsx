// Everything behind the sign-in.
import { type ReactNode, Suspense } from 'react';
import { RequireSession } from '../../features/session/require-session.tsx';
import { AppShell } from '../../features/shell/app-shell.tsx';

export default function ConsoleLayout({ children }: { children: ReactNode }) {
  return (
    <RequireSession>
      <AppShell>
        <Suspense>{children}</Suspense>
      </AppShell>
    </RequireSession>
  );
}
