// Dark, light, or what the machine prefers. Kept in the browser; set before the first paint, so nothing flashes.
'use client';
import { ThemeProvider as NextThemes, useTheme as useNextTheme } from 'next-themes';
import type { ReactNode } from 'react';

export type Theme = 'light' | 'dark' | 'system';

export function ThemeProvider({ children }: { children: ReactNode }) {
  return (
    <NextThemes attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange>
      {children}
    </NextThemes>
  );
}

/** The chosen theme, and how to choose another. */
export function useTheme(): { theme: Theme; setTheme: (theme: Theme) => void } {
  const { theme, setTheme } = useNextTheme();
  return { theme: theme === 'light' || theme === 'dark' ? theme : 'system', setTheme };
}
