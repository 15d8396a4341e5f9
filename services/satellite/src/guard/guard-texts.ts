// The guard's scripts as texts for a channel. Entered by the rooms of this folder; reads the scripts beside it once.
// What each script promises, takes and answers stands in its first lines.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExitedReason } from '@sena/contracts/domain/outcome';
import type { Shell } from '@sena/contracts/domain/policy';
import { scriptText } from '../ssh/command-text.ts';

/** One execution's guard on one node. */
export type GuardKey = {
  /** On the node, chosen by `place`. */
  directory: string;
  executionId: string;
  /** Of the node when the command was started there; null: not known. */
  bootId: string | null;
  expiresAtMs: number;
  /** Whose login it is. */
  user: string;
};

const boot = readScript('boot.sh');
/** As they are sent; tests run them under every shell. */
export const guardScripts = {
  place: `${boot}\n${readScript('place.sh')}`,
  run: readScript('run.sh'),
  attach: `${boot}\n${readScript('attach.sh')}`,
  stop: `${boot}\n${readScript('stop.sh')}`,
  clean: readScript('clean.sh'),
};

const none: Readonly<Record<string, string>> = {};
const moreBytes = 64 * 1024;

export function placeText(user: string, mark: string): string {
  return scriptText(guardScripts.place, [mark], { environment: none, user });
}

export function runText(
  key: GuardKey & { bootId: string },
  mark: string,
  command: { shell: Shell; text: string; environment: Readonly<Record<string, string>>; outputBytesMax: number },
): string {
  const { shell, text, outputBytesMax } = command;
  // More than anybody wants of it: so it is seen that there was more.
  const most = `${outputBytesMax + moreBytes}`;
  const args = [key.directory, key.executionId, key.bootId, expiryOf(key), mark, shell, text, most];
  return scriptText(guardScripts.run, args, { environment: command.environment, user: key.user });
}

/** `follow`: beside the channel that starts it; `find`: alone, and nothing may start it any more. */
export function attachText(
  key: GuardKey,
  mark: string,
  known: { stdout: number; stderr: number },
  how: 'follow' | 'find',
): string {
  const place = [key.directory, key.executionId, key.bootId ?? '-', expiryOf(key)];
  const args = [...place, mark, `${known.stdout}`, `${known.stderr}`, how, nowSeconds()];
  return scriptText(guardScripts.attach, args, { environment: none, user: key.user });
}

/** `why` stays on the node. */
export function stopText(key: GuardKey, mark: string, killAfterSeconds: number, why: ExitedReason): string {
  const args = [key.directory, key.executionId, mark, `${killAfterSeconds}`, why];
  return scriptText(guardScripts.stop, args, { environment: none, user: key.user });
}

export function cleanText(directory: string, executionIds: readonly string[], user: string): string {
  return scriptText(guardScripts.clean, [directory, nowSeconds(), ...executionIds], { environment: none, user });
}

function expiryOf({ expiresAtMs }: GuardKey): string {
  return `${Math.ceil(expiresAtMs / 1_000)}`;
}

/** The satellite's clock is beside its relay's: the node's alone decides nothing. */
function nowSeconds(): string {
  return `${Math.floor(Date.now() / 1_000)}`;
}

/** Without comments and indentation: it travels with every command. */
function readScript(name: string): string {
  const lines = readFileSync(join(import.meta.dirname, 'scripts', name), 'utf8').split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');
}
