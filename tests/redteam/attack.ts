// What an attack has come to: forgeries by kind, how they were answered, and what the host itself says. Pure.

export interface ForgeryTally {
  sent: number;
  /** Answers, by the code of the refusal or by what was said instead. */
  answers: Record<string, number>;
}

export interface AttackResult {
  /** Whose credentials the attacker has. */
  readonly with: string;
  readonly byKind: Readonly<Record<string, ForgeryTally>>;
  /** Logins and sessions in sshd's log from the first forgery to the last. */
  readonly sessionsDuring: number;
  /** Lines that no genuine command wrote. */
  readonly executions: number;
  /** Genuine commands, before and after, and how often each of them ran. */
  readonly controls: Readonly<Record<string, number>>;
  /** What stood around them, and how often: other things that were forged, what else was altered. */
  readonly conditions?: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

export function forgeriesOf(results: readonly AttackResult[]): number {
  return results.flatMap(({ byKind }) => Object.values(byKind)).reduce((sum, { sent }) => sum + sent, 0);
}

export function tallyOf(byKind: Record<string, ForgeryTally>, kind: string): ForgeryTally {
  byKind[kind] ??= { sent: 0, answers: {} };
  return byKind[kind];
}

export function count(answers: Record<string, number>, answer: string, times = 1): void {
  answers[answer] = (answers[answer] ?? 0) + times;
}

/** Everything that sshd says of somebody who gets in. */
export function sessionsIn(sshdLog: string): number {
  return sshdLog.split('\n').filter((line) => /Accepted |Starting session|Connection from/.test(line)).length;
}

/** Lines of the effects file, by their text. */
export function countLines(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n')) if (line !== '') count(counts, line);
  return counts;
}
