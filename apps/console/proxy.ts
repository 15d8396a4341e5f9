// Runs before every page. A stranger is sent to the sign-in. Every page gets a content security policy with a nonce of its own, so that no
// script runs but what this server has put into this very answer; Next takes the nonce for its scripts from the request's own header.
import { type NextRequest, NextResponse } from 'next/server';
import { signInAddress } from './features/session/sign-in-address.ts';
import { contentSecurityPolicy } from './features/shell/content-security-policy.ts';

export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  const policy = contentSecurityPolicy(nonce);
  const response = answer(request, nonce, policy);
  response.headers.set('content-security-policy', policy);
  return response;
}

function answer(request: NextRequest, nonce: string, policy: string): NextResponse {
  const signIn = signInAddress(request.nextUrl, (name) => request.cookies.has(name));
  // Next tells the browser the path alone, so that it stays at the address that it knows.
  if (signIn !== null) return NextResponse.redirect(new URL(signIn, request.url));
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  return NextResponse.next({ request: { headers } });
}

export const config = {
  // Files that never change hold no script of a page.
  matcher: ['/((?!_next/static|_next/image|icon.svg|robots.txt|healthz|readyz).*)'],
};
