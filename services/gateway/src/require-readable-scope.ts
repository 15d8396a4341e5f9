// A scope is a selector; where it can't be read the refusal names the field in which it was written. Entered by the routes that store one.
import { SenaError } from '@sena/contracts/errors';
import { parseSelector } from '@sena/fleet/parse-selector';

/** Throws SenaError `invalid_selector`. */
export function requireReadableScope(scope: string, field: 'scope' | 'defaultScope'): void {
  try {
    parseSelector(scope);
  } catch (error) {
    if (!(error instanceof SenaError)) throw error;
    const fields = error.fields.map(({ message }) => ({ path: field, message }));
    throw new SenaError(error.code, error.message, { cause: error, fields });
  }
}
