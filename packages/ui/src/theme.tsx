// Dark, light, or what the machine prefers. Kept in the browser; set before the first paint, so nothing flashes.
'use client';
import { ThemeProvider as NextThemes, useTheme as useNextTheme } from 'next-themes';
import type { ReactNode } from 'react';

export type Theme = 'light' | 'dark' | 'system';

/** `nonce`: of the page's content security policy, for the lines that run before the first paint. */
export function ThemeProvider({ nonce, children }: { nonce: string | undefined; children: ReactNode }) {
  return (
    <NextThemes
      attribute="class"
      defaultTheme="system"
      enableSystem
      disableTransitionOnChange
      {...(nonce === undefined ? {} : { nonce })}
    >
      {children}
    </NextThemes>
  );
}

/** The chosen theme, and how to choose another. */
export function useTheme(): { theme: Theme; setTheme: (theme: Theme) => void } {
  const { theme, setTheme } = useNextTheme();
  return { theme: theme === 'light' || theme === 'dark' ? theme : 'system', setTheme };
}
