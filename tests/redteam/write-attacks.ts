// What the red team has tried and what came of it, as it stands in benchmarks/redteam.md. Entered by main.ts and by the test.
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type AttackResult, forgeriesOf } from './attack.ts';

export function renderAttacks(results: readonly AttackResult[], command: string): string {
  const executions = results.reduce((sum, result) => sum + result.executions, 0);
  const sessions = results.reduce((sum, result) => sum + result.sessionsDuring, 0);
  return `# Red team

\`${command}\` on ${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} cores shared with other work, Node ${process.version}.

**${forgeriesOf(results)} forgeries: ${executions} executions, ${sessions} sessions in sshd's log while they were made.**

Satellite, sshd and, but for the relay's forgeries, the services, PostgreSQL and Redis are real processes. Every command that is tried writes a
line to a file on the host, so does every genuine one; the file is read on the host itself, sshd's log from its disk. The genuine commands run before,
and after all the forgeries, once each.
${results.map(describeAttack).join('')}`;
}

function describeAttack(result: AttackResult): string {
  const rows = Object.entries(result.byKind).map(([kind, { sent, answers }]) => {
    const said = Object.entries(answers).map(([answer, times]) => `${answer} ${times}`);
    return `| ${kind} | ${sent} | ${said.join(', ')} |`;
  });
  return `
## With ${result.with}

${result.executions} executions, ${result.sessionsDuring} sessions. ${describeControls(result.controls)}

| forgery | tried | answers |
| --- | --- | --- |
${rows.join('\n')}
${describeConditions(result.conditions)}`;
}

const controlsListedMax = 12;

function describeControls(controls: AttackResult['controls']): string {
  const said = Object.entries(controls).map(([control, times]) => `${control}: ${times}`);
  if (said.length > controlsListedMax && Object.values(controls).every((times) => times === 1))
    return `${said.length} genuine commands ran once each.`;
  return `Genuine commands and how often each ran: ${said.join(', ')}.`;
}

function describeConditions(conditions: AttackResult['conditions']): string {
  if (conditions === undefined) return '';
  const rows = Object.entries(conditions)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([condition, times]) => `| ${condition} | ${times} |`);
  return `
| what else was forged or altered for them | of so many |
| --- | --- |
${rows.join('\n')}
`;
}

export async function writeAttacks(markdown: string): Promise<void> {
  await writeFile(path.resolve('benchmarks', 'redteam.md'), markdown);
}
