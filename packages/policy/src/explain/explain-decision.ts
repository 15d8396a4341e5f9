// Entered last, from evaluate-command: findings become the decision, its effects and sentences for people.
import type { EffectKind, PolicyDecision } from '@sena/contracts/domain/policy';
import { type Finding, type JudgedEffect, onlyReadsOrAsks } from './finding.ts';

/** Most important first. */
export const effectOrder: Record<EffectKind, number> = {
  deletes: 0,
  changes_users: 1,
  privilege: 2,
  installs: 3,
  controls_service: 4,
  writes: 5,
  reads_secret: 6,
  network: 7,
  unknown: 8,
  reads: 9,
};

const reasonsMax = 20;

export type Explained = Pick<PolicyDecision, 'decision' | 'reasons'> & { effects: JudgedEffect[] };

export function explainDecision(findings: readonly Finding[]): Explained {
  const sorted = [...findings].sort((a, b) => effectOrder[a.kind] - effectOrder[b.kind] || a.start - b.start);
  const against = sorted.filter((finding) => !onlyReadsOrAsks(finding));
  const sentences =
    against.length > 0
      ? against.map((finding) => `needs approval because ${finding.detail}`)
      : sorted.map((finding) => `may run because ${finding.detail}`);
  const reasons = [...new Set(sentences)];
  const left = reasons.length - reasonsMax;
  return {
    decision: against.length === 0 && findings.length > 0 ? 'allow' : 'require_approval',
    effects: findings
      .map(({ kind, detail, start, end, call }) => ({ kind, detail, start, end, call }))
      .sort((a, b) => a.start - b.start || a.end - b.end),
    reasons: left > 0 ? [...reasons.slice(0, reasonsMax), `and ${left} more reasons`] : reasons,
  };
}
