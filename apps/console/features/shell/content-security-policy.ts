// What a browser may do for the console's pages. Pure.

/** `nonce`: of one answer, base64. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    // Scripts that those with the nonce load are theirs; nothing in the page and nothing from elsewhere runs by itself.
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    // Components place themselves by style attributes and put their style sheets into the page while it runs. Styles run nothing, and with
    // everything else confined to this origin they have nowhere to send what they see.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    // An approval must never be clickable through another site's frame.
    "frame-ancestors 'none'",
  ].join('; ');
}
