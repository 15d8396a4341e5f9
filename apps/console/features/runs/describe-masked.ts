// Entered by masked-secrets: what was masked, in words. Pure.
import type { Execution } from '@sena/contracts/http/runs';

export function describeMasked({ stdout, stderr }: NonNullable<Execution['redaction']>): {
  sentence: string;
  rules: string;
} {
  const byRule = new Map<string, number>();
  for (const stream of [stdout, stderr]) {
    for (const [rule, count] of Object.entries(stream?.rules ?? {})) byRule.set(rule, (byRule.get(rule) ?? 0) + count);
  }
  const count = (stdout?.count ?? 0) + (stderr?.count ?? 0);
  const most = [...byRule].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
  return {
    sentence: count === 1 ? '1 secret was masked at the satellite' : `${count} secrets were masked at the satellite`,
    rules: `By rule: ${most.map(([rule, times]) => `${nameOf(rule)} ${times}`).join(', ')}`,
  };
}

/** `secretlint/github` → `github`. */
function nameOf(rule: string): string {
  return rule.replace(/^secretlint\//, '').replaceAll('-', ' ');
}
