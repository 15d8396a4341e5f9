// Entered by follow-guarded-command and create-placer: what the guard's scripts say in their last line, read as a value, and the sentences in
// which people are told. Pure.
import { type ExitedReason, exitedReasons } from '@sena/contracts/domain/outcome';
import type { ScriptEnd } from '../ssh/run-script.ts';

/** How much the command wrote, where the node did not keep all of it. */
export type Written = { stdout: number; stderr: number };

type Word = (typeof words)[number];
export type Heard = {
  word: Word | 'unheard' | 'not_dying' | 'left';
  code: string | undefined;
  written: Written | null;
  /** Why it was stopped, by the node's word. */
  stopped: ExitedReason | null;
  detail: string;
  cause: ScriptEnd['kind'];
};

const nothing = { code: undefined, written: null, stopped: null };

export function hear(end: ScriptEnd): Heard {
  if (end.kind !== 'answered') return { ...nothing, word: 'unheard', detail: end.detail, cause: end.kind };
  const [word, code, ...more] = end.words;
  const known = words.find((each) => each === word);
  if (known === undefined) {
    return {
      ...nothing,
      word: 'unheard',
      detail: `The guard answered "${end.words.join(' ').slice(0, 100)}".`,
      cause: 'lost',
    };
  }
  return { word: known, code, written: readWritten(more), stopped: readStopped(more), detail: '', cause: 'answered' };
}

function readWritten([stdout = '', stderr = '']: string[]): Written | null {
  const written = { stdout: Number(stdout), stderr: Number(stderr) };
  const isKnown = [stdout, stderr].every((digits) => /^\d{1,15}$/.test(digits));
  return isKnown ? written : null;
}

function readStopped(words: string[]): ExitedReason | null {
  return exitedReasons.find((reason) => reason === words.at(-1)) ?? null;
}

/** A number, or a signal's name. */
export function readCode(code: string): { exitCode: number | null; signal: string | null } {
  if (/^\d{1,3}$/.test(code)) return { exitCode: Number(code), signal: null };
  return { exitCode: null, signal: /^[A-Z][A-Z0-9+-]{1,15}$/.test(code) ? code : 'UNKNOWN' };
}

const words = [
  'ended',
  'cleaned',
  'tombstone',
  'tombstone_of_another_boot',
  'locked',
  'no_room',
  'no_place',
  'no_lock',
  'forgotten',
  'absent',
  'lost',
  'rebooted',
  'streamed',
] as const;

/** There is no connection to ask over. */
export function notHeard(detail: string): Heard {
  return { ...nothing, word: 'unheard', detail, cause: 'lost' };
}

export const notStopped: Heard = { ...nothing, word: 'not_dying', detail: '', cause: 'answered' };
export const leftBehind: Heard = { ...nothing, word: 'left', detail: '', cause: 'answered' };

export const neverArrived =
  'The connection broke before the command reached the node. A tombstone there makes sure that it can not start any more.';
export const rebooted =
  'The node was restarted after the command was sent. How far it came is not known. Look on the node.';
export const noTrace =
  'Its satellite is gone and never said that it had begun. No trace of it is on the node, and a tombstone there keeps it from starting, but it may have run before the node was last restarted. Look on the node.';
export const guardLost =
  'The process that watched the command on the node is gone and left no end behind. Look on the node.';
export const unwritten =
  'The command is gone, but its node could not write down how it ended: the disk there takes nothing, or was made read-only. Look on the node.';
export const forgotten =
  'The node holds nothing of the command, and so long after its validity what it held may have been removed for its age. Look on the node.';
export const notDying =
  'The command did not die when it was killed, or part of it belongs to another user. Look on the node.';
export const noRoom = (directory: string) =>
  `No lock could be written in ${directory} on the node: its disk is full, or out of inodes. Make room, then ask again.`;
export const restartedBefore = 'The node was restarted before the command was sent.';
export const notPlaced = (why: string) =>
  `The node can't hold a guard any more, so nothing was sent: ${why}`.slice(0, 500);
export const notReached = (detail: string) =>
  `The node could not be asked what became of the command. ${detail}`.slice(0, 500);
