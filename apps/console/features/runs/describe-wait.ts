// What keeps a run waiting, in words: who is away since when, what becomes of what began, and until when it waits. Pure.
import type { RunWait } from '@sena/contracts/http/runs';
import { formatCount, formatNear } from '../time/format-time.ts';

export interface WaitWords {
  title: string;
  /** A sentence or two each. */
  lines: string[];
}

export function describeWait(wait: RunWait, nowMs: number): WaitWords {
  switch (wait.kind) {
    case 'satellite_away':
      return describeAway(wait, nowMs);
    case 'no_word':
      return describeNoWord(wait, nowMs);
    case 'queue_unreachable':
      return {
        title: 'SENA can’t reach its queue',
        lines: [
          'What is to be done next is kept, and is taken up as soon as the queue is back; commands that began go on meanwhile. If it stays away, whoever runs SENA has to see that the queue’s server is up: Redis where `REDIS_URL` is set, else PostgreSQL.',
        ],
      };
  }
}

type Away = Extract<RunWait, { kind: 'satellite_away' }>;

function describeAway(wait: Away, nowMs: number): WaitWords {
  const { unsent, changes, readings, finder } = wait;
  const lines: string[] = [];
  if (unsent !== null) {
    const isOne = unsent.count === 1;
    lines.push(
      `${formatCount(unsent.count, 'execution has', 'executions have')} not begun. Unless the satellite is back by ${formatNear(unsent.until, nowMs)}, ${isOne ? 'it is' : 'they are'} told as not started.`,
    );
  }
  if (changes !== null) {
    const who =
      finder === null
        ? 'What became of it is found out when the satellite returns'
        : `Satellite ${finder} looks on the nodes what became of it`;
    lines.push(
      `${formatCount(changes.count, 'change was', 'changes were')} sent. What began goes on at its node, also without the satellite. ${who}; without a word by ${formatNear(changes.until, nowMs)} it is told as unknown.`,
    );
  }
  if (readings !== null) {
    lines.push(
      `${formatCount(readings.count, 'execution that only reads was', 'executions that only read were')} sent. The satellite tells the end when it returns; without a word by ${formatNear(readings.until, nowMs)} it is told as unknown.`,
    );
  }
  lines.push(whatToDo[wait.status]);
  return { title: `Satellite ${wait.satellite.name} of site ${wait.site} ${describeAbsence(wait, nowMs)}`, lines };
}

function describeAbsence({ status, since }: Away, nowMs: number): string {
  const seen = since === null ? '' : `, last heard of at ${formatNear(since, nowMs)}`;
  switch (status) {
    case 'revoked':
      return `was revoked${seen}`;
    case 'locked':
      return `is locked${seen}`;
    case 'disconnected':
      return since === null ? 'has never connected' : `has no connection since ${formatNear(since, nowMs)}`;
  }
}

const whatToDo: Readonly<Record<Away['status'], string>> = {
  disconnected:
    'See that its machine is up and the satellite runs there; `satellite status` says why it is not connected.',
  locked: 'Two copies of its state directory exist. Unlock the right one under Satellites.',
  revoked: 'It will not return. Add another satellite at the site, then ask again.',
};

function describeNoWord(wait: Extract<RunWait, { kind: 'no_word' }>, nowMs: number): WaitWords {
  const { nodes, count, overdue, satellite } = wait;
  const more = count - nodes.length;
  const where = `${nodes.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}`;
  return {
    title:
      overdue > 0
        ? `${formatCount(overdue, 'execution is', 'executions are')} beyond the time limit, and no word has come of the end`
        : `No word yet of how ${formatCount(count, 'execution', 'executions')} ended`,
    lines: [
      `On ${where}. Satellite ${satellite.name} is connected. A node that can’t be reached is looked for, and what became of the command is found out there; a change goes on meanwhile.`,
      `Without a word by ${formatNear(wait.until, nowMs)} it is told as unknown, and that is replaced once the node answers.`,
    ],
  };
}
