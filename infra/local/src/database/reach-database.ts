// Work on the database that a start needs, when the machine may be too busy to connect in time. Entered by bringUp for what may be done
// again: migrating and seeding. Touches nothing itself.
import type { Report } from '../report/report.ts';

const attemptsMax = 2;
/** What pg and the system say when no connection came about: nothing of the work has begun. */
const noConnection =
  /connection timeout|timeout expired|timeout exceeded when trying to connect|ECONNREFUSED|ECONNRESET/i;

/** Tries once more where PostgreSQL could not be entered. @throws {Error} that says what to do then; whatever else fails, as it is. */
export async function reachDatabase<T>(
  work: () => Promise<T>,
  {
    what,
    isOurs,
    report,
  }: { what: string /** `npm start` runs it itself. */; isOurs: boolean; report: Pick<Report, 'warn'> },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isUnreached(error)) throw error;
      if (attempt < attemptsMax) {
        report.warn(`PostgreSQL did not answer in time while ${what}: it is tried once more`);
        continue;
      }
      throw new Error(
        `PostgreSQL did not answer in time while ${what}. ${
          isOurs
            ? 'The machine is probably busy: wait until it is quieter and run npm start again. What is there is kept.'
            : 'See that it runs and can be reached at SENA_DATABASE_URL, then run npm start again. What is there is kept.'
        }`,
        { cause: error },
      );
    }
  }
}

function isUnreached(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (noConnection.test(at.message) || noConnection.test(String((at as { code?: unknown }).code))) return true;
  }
  return false;
}
