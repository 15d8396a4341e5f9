// Where to go after sign-in. Only a path of this console: a link in a mail must not send anyone elsewhere. Pure.

export function safeNextPath(wanted: string | null): string {
  if (wanted === null || !wanted.startsWith('/')) return '/';
  const base = 'http://console.invalid';
  let target: URL;
  try {
    target = new URL(wanted, base);
  } catch {
    return '/';
  }
  if (target.origin !== base || target.pathname.startsWith('//') || target.pathname === '/sign-in') return '/';
  return target.pathname + target.search;
}
