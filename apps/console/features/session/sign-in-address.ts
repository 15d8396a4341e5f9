// Where a request for a page goes first: to the sign-in when its browser holds no session at all, and then back to the page. Whether a session
// is a good one only the API can say; this spares a stranger's browser a question whose answer is known. Pure.

/** As better-auth names it for SENA, over http and over https. */
const sessionCookies = ['sena.session_token', '__Host-sena.session_token'];
/** Whoever is invited has no account yet. */
const publicPages = ['/sign-in', '/invitation'];

/** null: the page itself. */
export function signInAddress(
  page: { pathname: string; search: string },
  hasCookie: (name: string) => boolean,
): string | null {
  if (publicPages.includes(page.pathname) || sessionCookies.some(hasCookie)) return null;
  const next = page.pathname + page.search;
  return next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`;
}
