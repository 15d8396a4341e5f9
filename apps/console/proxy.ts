// Runs before every page: gives it a content security policy with a nonce of its own, so that no script runs but what this server has put
// into this very answer. Next takes the nonce for its scripts from the request's own header.
import { type NextRequest, NextResponse } from 'next/server';
import { contentSecurityPolicy } from './features/shell/content-security-policy.ts';

export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

export const config = {
  // Files that never change hold no script of a page.
  matcher: ['/((?!_next/static|_next/image|icon.svg|robots.txt|healthz|readyz).*)'],
};
