// A key by which a repeated POST is recognised as the same. Works on plain http too, where `crypto.randomUUID` is missing.

export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
