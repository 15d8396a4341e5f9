// The outermost frame: fonts, theme, the cache of the API, messages.
import { StyleNonce } from '@sena/ui/style-nonce';
import { ThemeProvider } from '@sena/ui/theme';
import { Toaster } from '@sena/ui/toaster';
import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { QueryProvider } from '../features/api/query-provider.tsx';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'SENA', template: '%s · SENA' },
  description: 'Ask your server fleet, and see what each answer rests on.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f9fafb' },
    { media: '(prefers-color-scheme: dark)', color: '#0d0f14' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Reading it makes every page one of its own request: a page that was kept would hold another one's nonce.
  const nonce = (await headers()).get('x-nonce') ?? undefined;
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <body className="font-sans">
        <ThemeProvider nonce={nonce}>
          <StyleNonce nonce={nonce}>
            <QueryProvider>{children}</QueryProvider>
            <Toaster />
          </StyleNonce>
        </ThemeProvider>
      </body>
    </html>
  );
}
