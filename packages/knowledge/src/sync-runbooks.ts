// Entered once when the orchestrator starts: makes the runbooks of this version those that questions are matched to.
// Writes SENA's own runbooks only, through the one function that may.
import type { Pool } from '@sena/db/tenant';
import { ownRunbooks } from './own-runbooks.ts';

/** Safe to repeat and to run from several processes at once. */
export async function syncRunbooks(pool: Pool): Promise<void> {
  const books = ownRunbooks.map(({ slug, title, description, questions, keywords, commands }) => ({
    slug,
    title,
    description,
    questions,
    keywords,
    commands: commands.map(({ command }) => command),
  }));
  await pool.query('select sena.replace_own_runbooks($1::jsonb)', [JSON.stringify(books)]);
}
