// The frame around every page: sidebar on a wide screen, a sheet on a narrow one, command menu, shortcuts.
'use client';
import { Button } from '@sena/ui/button';
import { Sheet, SheetContent, SheetTrigger } from '@sena/ui/sheet';
import { Menu, Search } from 'lucide-react';
import { type ReactNode, useCallback, useState } from 'react';
import { CommandMenu } from './command-menu.tsx';
import { Logo } from './logo.tsx';
import { Sidebar } from './sidebar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

export function AppShell({ children }: { children: ReactNode }) {
  const [commandOpen, setCommandOpen] = useState(false);
  const [navigationOpen, setNavigationOpen] = useState(false);
  const openCommandMenu = useCallback(() => setCommandOpen(true), []);
  useShortcuts(openCommandMenu);

  return (
    <div className="min-h-dvh md:grid md:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-60 rounded-md bg-primary px-3 py-2 text-primary-foreground focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <aside className="sticky top-0 hidden h-dvh border-r border-border bg-sidebar md:block">
        <Sidebar onOpenCommandMenu={openCommandMenu} />
      </aside>
      <div className="flex min-w-0 flex-col">
        <div className="sticky top-0 z-40 flex h-12 items-center justify-between border-b border-border bg-background/95 px-3 backdrop-blur-sm md:hidden">
          <Sheet open={navigationOpen} onOpenChange={setNavigationOpen}>
            <SheetTrigger asChild>
              <Button variant="ghost" size="icon" aria-label="Open navigation">
                <Menu />
              </Button>
            </SheetTrigger>
            <SheetContent side="left" plain title="Navigation" description="The places of the console">
              <Sidebar
                onOpenCommandMenu={() => {
                  setNavigationOpen(false);
                  setCommandOpen(true);
                }}
                onNavigate={() => setNavigationOpen(false)}
              />
            </SheetContent>
          </Sheet>
          <Logo />
          <Button variant="ghost" size="icon" aria-label="Search" onClick={openCommandMenu}>
            <Search />
          </Button>
        </div>
        <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none">
          {children}
        </main>
      </div>
      <CommandMenu open={commandOpen} onOpenChange={setCommandOpen} />
    </div>
  );
}
