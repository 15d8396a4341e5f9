// What a browser may do for the console's pages. Pure.

/**
 * The one style sheet that a library puts in without a nonce, by its hash: sonner's, and the empty one as which it begins. With another version
 * it is another: the browser's message about what it refused says which.
 */
const stylesWithoutNonce = [
  'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  'sha256-StEaX+se6YS7pqjzrzMIA0KaX9zF/8zAhvQXZAe5epY=',
];

/** `nonce`: of one answer, base64. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    // Scripts that those with the nonce load are theirs; nothing in the page and nothing from elsewhere runs by itself.
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    // Style sheets likewise, and no style attributes: components place themselves by script, which is not such an attribute.
    `style-src 'self' 'nonce-${nonce}' ${stylesWithoutNonce.map((hash) => `'${hash}'`).join(' ')}`,
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
