// The last words of a start: the answer, the address, the sign-in. Entered by bringUp.
// Writes through the report.
import type { Run } from '@sena/contracts/http/runs';
import { firstQuestion } from './first-question.ts';
import type { LocalFile } from './home/write-local-file.ts';
import { safeText } from './report/render-line.ts';
import type { Report } from './report/report.ts';
import type { Style } from './report/style.ts';

export type Announcement = {
  local: LocalFile;
  /** Where that is kept, too: relative to the checkout, if it is in there. */
  localFile: string;
  /** The first question's run; null when there is no lab to ask about. */
  run: Run | null;
  /** Since `npm start` began. */
  startMs: number;
};

export function announce(report: Report, style: Style, { local, localFile, run, startMs }: Announcement): void {
  const { bold, dim, green } = style;
  const row = (label: string, value: string, note = '') =>
    `  ${dim(label.padEnd(10))}${value}${note && `  ${dim(note)}`}`;
  const width = Math.max(local.email.length, local.approver.email.length);
  const signIn = ({ email, password }: { email: string; password: string }) => `${email.padEnd(width)}  ${password}`;
  report.say(
    '',
    ...(run === null ? [] : [...answerLines(run, local, style), '']),
    `${green('✔')} ${bold('SENA is up')} ${dim(`after ${(startMs / 1_000).toFixed(1)} s`)}`,
    '',
    row('Console', bold(local.consoleUrl)),
    row('Sign in', signIn(local)),
    row('', signIn(local.approver), 'approves what the owner asks for'),
    row('API', `${local.consoleUrl}/v1`, `reference: ${local.consoleUrl}/docs`),
    row('API key', local.apiKey, `also in ${localFile}`),
    '',
    dim('  Ctrl-C stops everything.'),
    '',
  );
}

function answerLines(run: Run, local: LocalFile, { bold, dim, yellow }: Style): string[] {
  const link = dim(`${local.consoleUrl}/runs/${run.id}`);
  if (run.status !== 'succeeded' || run.answer === null) {
    const why = run.reason === null ? '' : `: ${safeText(run.reason)}`;
    return [`${yellow('!')} The first question has no answer yet, it is ${run.status}${why}`, `  ${link}`];
  }
  return [
    bold(`  ${firstQuestion}`),
    ...run.answer.split('\n').map((line) => `  ${dim('│')} ${safeText(line)}`),
    `  ${link}`,
  ];
}
