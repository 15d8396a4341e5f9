// What the commands of trials do, and how each ends where nothing goes wrong. A change first writes one line, its mark and the time, to the
// effects of its node, and keeps a copy of what it prints. Pure.
import type { Execution } from '@sena/contracts/http/runs';
import type { VendorScript } from '@sena/testing/scripted-vendor';

export const kindNames = [
  'read-small',
  'read-large',
  'silent',
  'chatty',
  'background',
  'signalled',
  'exits-255',
  'never-ends',
  'asks-model',
] as const;
export type KindName = (typeof kindNames)[number];

export interface CommandKind {
  readonly name: KindName;
  readonly isReading: boolean;
  /** `question`: what is run is a model's idea. */
  readonly asks: 'command' | 'question';
  /** It prints something: there are output frames. */
  readonly prints: boolean;
  readonly weight: number;
  command(mark: string): string;
  /** True: this is how it ends. */
  endsLike(execution: Execution): boolean;
}

/** By the node's true clock, also where its clock is set wrong. */
const effect = (mark: string) => `SENA_TRUE_CLOCK=1 date +"${mark} %s.%N" >> /srv/effects`;
const copy = (mark: string) => `tee /srv/out-${mark}`;
const errorCopy = (mark: string) => `tee /srv/err-${mark} >&2`;
const exits = (code: number) => (execution: Execution) => execution.exitCode === code;

export const kinds: Readonly<Record<KindName, CommandKind>> = {
  'read-small': {
    ...{ name: 'read-small', isReading: true, asks: 'command', prints: true, weight: 3 },
    // The mark makes each run's command its own.
    command: (mark) => `cat /srv/small && echo ${mark}`,
    endsLike: exits(0),
  },
  'read-large': {
    ...{ name: 'read-large', isReading: true, asks: 'command', prints: true, weight: 0.5 },
    command: (mark) => `cat /srv/large && echo ${mark}`,
    endsLike: exits(0),
  },
  silent: {
    ...{ name: 'silent', isReading: false, asks: 'command', prints: false, weight: 4 },
    command: (mark) => `${effect(mark)}; sleep 0.5`,
    endsLike: exits(0),
  },
  chatty: {
    ...{ name: 'chatty', isReading: false, asks: 'command', prints: true, weight: 1 },
    command: (mark) => `${effect(mark)}; head -c 10485760 /dev/urandom | ${copy(mark)}`,
    endsLike: exits(0),
  },
  background: {
    ...{ name: 'background', isReading: false, asks: 'command', prints: true, weight: 3 },
    command: (mark) => `${effect(mark)}; echo forked | ${copy(mark)}; sleep 1 &`,
    endsLike: exits(0),
  },
  signalled: {
    ...{ name: 'signalled', isReading: false, asks: 'command', prints: true, weight: 3 },
    command: (mark) => `${effect(mark)}; echo going | ${copy(mark)}; sleep 0.3; kill -TERM $$`,
    endsLike: ({ signal, exitCode }) => signal === 'TERM' || exitCode === 143,
  },
  'exits-255': {
    ...{ name: 'exits-255', isReading: false, asks: 'command', prints: true, weight: 3 },
    // To both streams.
    command: (mark) =>
      `${effect(mark)}; echo failing | ${copy(mark)}; echo why | ${errorCopy(mark)}; sleep 0.2; exit 255`,
    endsLike: exits(255),
  },
  'never-ends': {
    ...{ name: 'never-ends', isReading: false, asks: 'command', prints: true, weight: 1 },
    command: (mark) => `${effect(mark)}; echo begun | ${copy(mark)}; sleep 3600`,
    // Out of time; or ended by a satellite that was killed itself before it could say why: the next one finds the signal alone.
    endsLike: ({ reason, signal }) => reason === 'timeout' || signal === 'TERM' || signal === 'KILL',
  },
  'asks-model': {
    ...{ name: 'asks-model', isReading: true, asks: 'question', prints: true, weight: 2 },
    command: (mark) => `What does /srv/small hold? (${mark})`,
    endsLike: exits(0),
  },
};

/** The model of these worlds: has a new idea each time it is asked, and reports what came of it. */
export function forgetfulModel(onAsked: () => void): VendorScript {
  let ideas = 0;
  return (request) => {
    onAsked();
    if (request.messages.some((message) => message.role === 'tool')) {
      return { kind: 'call', tools: [{ name: 'report', arguments: { answer: 'Some bytes.', findings: [] } }] };
    }
    ideas += 1;
    const command = `cat /srv/small && echo idea ${ideas}`;
    return { kind: 'call', tools: [{ name: 'run_command', arguments: { title: 'A look', command } }] };
  };
}
