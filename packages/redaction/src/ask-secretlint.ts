// Entered by redact-stream with lines in which something may stand that @secretlint/core knows: its rules decide. Loaded with the first
// such line, because most processes never see one. Reads no file.
import type { Place } from './rules/rule.ts';

/** Bytes that its rules look for, and that are rare elsewhere. A rule without one here is never asked. */
export const secretlintHints: readonly string[] = [
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'glpat-'],
  ...['xoxb-', 'xoxp-', 'xapp-', 'xoxa-', 'xoxo-', 'xoxr-', 'hooks.slack.com'],
  ...['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'T3BlbkFJ', 'sk-ant-', 'gsk_', 'hf_'],
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'shppa_', 'shpca_', 'shpat_', 'shpss_', 'SG.'],
  ...[
    'npm_',
    '_authToken',
    'lin_api_',
    'ntn_',
    'ops_ey',
    'hvs.',
    'hvb.',
    'hvr.',
    'vcp_',
    'vci_',
    'vca_',
    'vcr_',
    'vck_',
  ],
  ...['dapi', 'dckr_pat_', 'figd_', 'cfk_', 'cfut_', 'cfat_', 'tskey-', 'glc_', 'glsa_', 'x-oauth-basic'],
  ...['mongodb', 'mysql', 'postgres'],
];

export type SecretlintFinding = { rule: string; place: Place };

/** Matches never reach over it, and no rule takes it for the end of a document. */
const separator = '\n\0\n';
/** Its time grows faster than its text. */
const batchCharsMax = 8_192;

type Linter = (text: string) => Promise<Array<{ rule: string; start: number; end: number }>>;
let linter: Promise<Linter> | null = null;

/** Findings a line, in its order. Rejects when @secretlint/core does: then nothing is known of these lines. */
export async function askSecretlint(lines: readonly string[]): Promise<SecretlintFinding[][]> {
  linter ??= loadLinter();
  const lint = await linter;
  const found: SecretlintFinding[][] = lines.map(() => []);
  for (let first = 0; first < lines.length; ) {
    let text = '';
    const starts: number[] = [];
    for (let at = first; at < lines.length && (at === first || text.length < batchCharsMax); at += 1) {
      starts.push(text.length);
      text += lines[at] + separator;
    }
    for (const { rule, start, end } of await lint(text)) {
      const index = lastAtMost(starts, start);
      const line = lines[first + index] ?? '';
      const from = start - (starts[index] ?? 0);
      const place = narrow(rule, line, from, Math.min(line.length, end - (starts[index] ?? 0)));
      if (place !== null) found[first + index]?.push({ rule, place });
    }
    first += starts.length;
    // What else waits in this process has its turn.
    if (first < lines.length) await new Promise((resolve) => setImmediate(resolve));
  }
  return found;
}

/** Of an address only the password is a secret: which host it was is what an operator wants to know. */
function narrow(rule: string, line: string, start: number, end: number): Place | null {
  if (start >= end) return null;
  if (rule !== 'secretlint/basicauth' && rule !== 'secretlint/database-connection-string') return [start, end];
  const match = /:\/\/[^:@/\s]*:([^@/\s]+)@/d.exec(line.slice(start, end));
  const [from, to] = match?.indices?.[1] ?? [0, end - start];
  return [start + from, start + to];
}

function lastAtMost(starts: readonly number[], position: number): number {
  const after = starts.findIndex((start) => start > position);
  return after < 0 ? starts.length - 1 : after - 1;
}

async function loadLinter(): Promise<Linter> {
  const [{ lintSource }, { creator }, { secretLintProfiler }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
    import('@secretlint/profiler'),
  ]);
  // It keeps a mark for each rule and call, for ever.
  secretLintProfiler.setEnabled(false);
  const config = {
    rules: [
      {
        id: '@secretlint/secretlint-rule-preset-recommend',
        rule: creator,
        rules: [
          // What a node prints must not be able to switch the rules off.
          { id: '@secretlint/secretlint-rule-filter-comments', disabled: true },
          // It reports other bytes than those of the key; the rule `assignment` has it.
          { id: '@secretlint/secretlint-rule-aws', disabled: true },
        ],
      },
    ],
  };
  return async (content) => {
    // Without a path: a rule would look for a file of that name.
    const source = { filePath: '', content, ext: '.txt', contentType: 'text' as const };
    const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } });
    return messages.map(({ ruleId, range }) => ({
      rule: ruleId.replace('@secretlint/secretlint-rule-', 'secretlint/'),
      start: range[0],
      end: range[1],
    }));
  };
}
