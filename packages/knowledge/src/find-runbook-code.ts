// Entered with a slug that a match or a person named. Pure.
import { ownRunbooks } from './own-runbooks.ts';
import type { Runbook } from './runbook.ts';

const bySlug = new Map(ownRunbooks.map((runbook) => [runbook.slug, runbook]));

/** null: this version of SENA has no such runbook. */
export function findRunbookCode(slug: string): Runbook | null {
  return bySlug.get(slug) ?? null;
}
