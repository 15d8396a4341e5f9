// For the style sheets that components put into the page while it runs (a dialog keeps the page behind it from scrolling): they carry the nonce
// of the page's content security policy.
'use client';
import { setNonce } from 'get-nonce';
import { type ReactNode, useState } from 'react';

/** `nonce`: of the answer that the browser took its policy from; a later one is another answer's, and is left aside. */
export function StyleNonce({ nonce, children }: { nonce: string | undefined; children: ReactNode }) {
  useState(() => {
    // A server has many pages at once, and puts no style sheet into any of them by itself.
    if (typeof document !== 'undefined' && nonce !== undefined) setNonce(nonce);
  });
  return children;
}
