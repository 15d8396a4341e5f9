// Why nobody was signed in, and what to do. Pure.

export const databaseAway = 'SENA can’t reach its database, so nobody can sign in. Try again in a moment.';

/** `status`: 0 where there was no answer. `code`: of the API's problem. */
export function describeRefusal(status: number, code: string | undefined): string {
  if (code === 'database_unavailable') return databaseAway;
  if (status === 400 || status === 401) return 'The email or the password is wrong. Check both and try again.';
  if (status === 429) return 'Too many attempts. Wait a minute, then try again.';
  if (status === 403) return 'This account may not sign in here. Ask the owner of your organization.';
  return 'SENA can’t be reached right now. Check that it runs, then try again.';
}
