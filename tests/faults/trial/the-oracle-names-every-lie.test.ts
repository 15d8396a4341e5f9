import { createHash } from 'node:crypto';
import type { Execution } from '@sena/contracts/http/runs';
import { describe, expect, it } from 'vitest';
import { kinds } from './command-kinds.ts';
import { judgeNode } from './judge-node.ts';

const printed = Buffer.from('failing\n');
const truth = { effects: 1, outputSha256: createHash('sha256').update(printed).digest('hex') };
const execution = (change: Partial<Execution>) =>
  ({
    ...{ outcome: 'exited', exitCode: 255, signal: null, reason: null, detail: null, stdoutTruncated: false },
    ...change,
  }) as Execution;
const judge = (change: Partial<Execution>, seen: Partial<typeof truth> = {}, stdout: Buffer | null = printed) =>
  judgeNode(kinds['exits-255'], 'guarded', { execution: execution(change), stdout }, { ...truth, ...seen }, null);

describe('what is true of a node', () => {
  it('is not complained about', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ outcome: 'not_started', reason: 'never_arrived' }, { effects: 0 }, null)).toEqual([]);
    const allowed = execution({ outcome: 'unknown', reason: 'connection_lost' });
    expect(judgeNode(kinds['exits-255'], 'plain', { execution: allowed, stdout: null }, truth, 'lost')).toEqual([]);
  });
});

describe('what is not', () => {
  it.each<[string, string[], RegExp]>([
    ['a change that ran twice', judge({}, { effects: 2 }), /ran 2 times/],
    ['an end of what never ran', judge({}, { effects: 0 }), /never ran/],
    ['a code that it never has', judge({ exitCode: 0 }), /exited with 0/],
    ['output that it did not print', judge({}, {}, Buffer.from('fail')), /stored output \(4 bytes\)/],
    ['output that is cut', judge({ stdoutTruncated: true }), /truncated/],
    ['not_started of what ran', judge({ outcome: 'not_started', reason: 'expired' }, {}, null), /but it ran/],
    ['unknown where it can be known', judge({ outcome: 'unknown', reason: 'guard_lost' }, {}, null), /can be known/],
    ['no outcome at all', judge({ outcome: null }, {}, null), /no outcome/],
  ])('%s is named', (_what, sentences, expected) => {
    expect(sentences).toEqual([expect.stringMatching(expected)]);
  });
});
