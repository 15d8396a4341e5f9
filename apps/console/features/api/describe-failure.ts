// What a person reads when something did not work. Pure.
import { ProblemError } from '@sena/sdk/problem-error';
import { PasskeyError } from '../passkeys/passkey-error.ts';

export interface Failure {
  title: string;
  /** What to do. */
  detail: string;
}

export function describeFailure(error: unknown): Failure {
  if (error instanceof ProblemError) return { title: error.title, detail: error.message };
  if (error instanceof PasskeyError) return { title: 'Your passkey was not used', detail: error.message };
  return {
    title: 'The console failed',
    detail: 'Reload the page. If it happens again, tell whoever runs SENA what you did.',
  };
}

/** The API's words about one field; null when it has none. */
export function fieldError(error: unknown, path: string): string | null {
  if (!(error instanceof ProblemError)) return null;
  return error.fields.find((field) => isAt(field.path, path))?.message ?? null;
}

/** Is it all said at these fields? Then a notice would say it twice. */
export function isSaidAtFields(error: unknown, paths: readonly string[]): boolean {
  if (!(error instanceof ProblemError) || error.fields.length === 0) return false;
  return error.fields.every((field) => paths.some((path) => isAt(field.path, path)));
}

function isAt(told: string, path: string): boolean {
  return told === path || told.endsWith(`.${path}`);
}
