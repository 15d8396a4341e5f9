// One address may stand for several persons, each of the organizations that took them in: nobody proves an address here, so that it keeps nobody
// out. Which of them signs in is told by the password. Entered by open-auth, around better-auth, which knows one person of an address.
// Reads identity only.
import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';

/** Never fewer comparisons than this: how long they take is not to tell whether the address has another person elsewhere. */
const comparisonsMin = 2;

interface Password {
  hash(password: string): Promise<string>;
  verify(input: { password: string; hash: string }): Promise<boolean>;
}
interface Lookup {
  findUserById(id: string): Promise<unknown>;
  findAccounts(userId: string): Promise<unknown>;
  findUserByEmail: unknown;
}

export function openPersonChoice(pool: pg.Pool) {
  const choosing = new AsyncLocalStorage<{ userId: string | null }>();
  return {
    /** What better-auth finds by an address is whoever was chosen, or nobody. */
    answerWithChosen(lookup: Lookup): void {
      lookup.findUserByEmail = async (_address: string, options?: { includeAccounts?: boolean }) => {
        const chosen = choosing.getStore();
        if (chosen === undefined) throw new Error('a person is looked up by address outside of a sign-in');
        const user = chosen.userId === null ? null : await lookup.findUserById(chosen.userId);
        if (chosen.userId === null || user === null) return null;
        return { user, accounts: options?.includeAccounts === true ? await lookup.findAccounts(chosen.userId) : [] };
      };
    },

    /** Around each request. */
    within: async <T>(request: Request, password: Password, work: () => Promise<T>): Promise<T> => {
      if (!new URL(request.url).pathname.endsWith('/sign-in/email')) return work();
      const asked = (await request.clone().json()) as Parameters<typeof choosePerson>[2];
      const userId = await choosePerson(pool, password, asked);
      return choosing.run({ userId }, work);
    },
  };
}

/** Of several with the same password the one who has been here longest; `organization` says which, where that is the wrong one. */
async function choosePerson(
  pool: pg.Pool,
  password: Password,
  asked: { email?: unknown; password?: unknown; organization?: unknown },
): Promise<string | null> {
  const found = await pool.query<{ id: string; hash: string }>(
    `select u.id, a.password as hash from "user" u join account a on a."userId" = u.id and a."providerId" = 'credential'
     where u.email = $1 and a.password is not null
       and exists (select from organizations_of(u.id) o where $2::text is null or o.id = $2)
     order by u."createdAt", u.id`,
    [String(asked.email).trim().toLowerCase(), typeof asked.organization === 'string' ? asked.organization : null],
  );
  const said = String(asked.password);
  const fitting: string[] = [];
  for (const { id, hash } of found.rows) if (await password.verify({ password: said, hash })) fitting.push(id);
  for (let at = found.rows.length; at < comparisonsMin; at++) await password.hash(said);
  return fitting[0] ?? null;
}
