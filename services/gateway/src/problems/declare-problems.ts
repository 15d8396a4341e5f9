// Routes declare here which problems they answer beside those that every route of their kind has. For OpenAPI. Pure.
import { type ErrorCode, errorCatalogue } from '@sena/contracts/errors';
import { problemSchema } from '@sena/contracts/http/problem';

export const problemContentType = 'application/problem+json';

/** Response schemas by status, to be spread into a route's `response`. Its type has no keys: handlers never return these. */
export function declareProblems(...codes: ErrorCode[]): Record<never, never> {
  const statuses = [...new Set(codes.map((code) => errorCatalogue[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codes
          .filter((code) => errorCatalogue[code].status === status)
          .map((code) => `\`${code}\`: ${errorCatalogue[code].title}.`)
          .join(' '),
        content: { [problemContentType]: { schema: problemSchema } },
      },
    ]),
  );
}
