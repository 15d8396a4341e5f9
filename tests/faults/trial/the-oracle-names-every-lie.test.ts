import { createHash } from 'node:crypto';
import type { Execution } from '@sena/contracts/http/runs';
import { describe, expect, it } from 'vitest';
import { reasonsOf } from '../allowed-reasons.ts';
import { type Cell, cellsFor, type Mode } from '../cells.ts';
import { type Allowed, allowOutcomes } from './allow-outcomes.ts';
import { kinds } from './command-kinds.ts';
import { writtenFrom } from './judge-audit.ts';
import { judgeNode } from './judge-node.ts';
import { changeOfMind } from './judge-revisions.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const printed = { stdout: Buffer.from('failing\n'), stderr: Buffer.from('why\n') };
const truth = { effects: 1, stdoutSha256: sha256(printed.stdout), stderrSha256: sha256(printed.stderr) };
const noStreams = { stdout: null, stderr: null };
/** `ili` of `failing` was taken for a secret. */
const masked = (rawSha256: string) =>
  ({
    stdout: {
      bytes: 3,
      count: 1,
      rules: { assignment: 1 },
      spans: [{ start: 2, end: 5, rule: 'assignment' }],
      rawSha256,
    },
    stderr: null,
  }) as Execution['redaction'];
const execution = (change: Partial<Execution>) =>
  ({
    ...{ outcome: 'exited', exitCode: 255, signal: null, reason: null, detail: null, mode: 'guarded' },
    ...{ stdoutTruncated: false, stderrTruncated: false },
    ...change,
  }) as Execution;
const cellOf = (id: string) => cellsFor('redis').find((cell) => cell.id === id) as Cell;
const after = (id: string, node: string | null = null, mode: Mode = 'guarded') =>
  allowOutcomes([{ cell: cellOf(id), node }], kinds['exits-255'], mode, 'node-1');
const judge = (
  change: Partial<Execution>,
  seen: Partial<typeof truth> = {},
  streams: { stdout: Buffer | null; stderr: Buffer | null } = printed,
  allowed: Allowed = after('none'),
  mode: Mode = 'guarded',
) => judgeNode(kinds['exits-255'], mode, { execution: execution(change), ...streams }, { ...truth, ...seen }, allowed);
const notStarted = (reason: string, allowed?: Allowed) =>
  judge({ outcome: 'not_started', reason, mode: null }, { effects: 0 }, noStreams, allowed);
const unknownOnPlain = (reason: string, allowed: Allowed) =>
  judge({ outcome: 'unknown', reason, mode: 'plain' }, {}, noStreams, allowed, 'plain');

describe('what is true of a node', () => {
  it('is not complained about', () => {
    expect(judge({})).toEqual([]);
    expect(notStarted('never_arrived', after('ssh.late'))).toEqual([]);
    expect(notStarted('clock_skew', after('satellite.clock.ahead'))).toEqual([]);
    expect(unknownOnPlain('connection_lost', after('ssh.cut.running', 'node-1', 'plain'))).toEqual([]);
    const asterisks = { ...printed, stdout: Buffer.from('fa***ng\n') };
    expect(judge({ redaction: masked(truth.stdoutSha256) }, {}, asterisks)).toEqual([]);
    const broken = after('ssh.cut.output', 'node-1', 'plain');
    expect(judge({ stdoutTruncated: true, mode: 'plain' }, {}, printed, broken, 'plain')).toEqual([]);
    expect(unknownOnPlain('satellite_restarted', after('satellite.restarts.started', null, 'plain'))).toEqual([]);
  });

  it('may be told later, and stays', () => {
    const end = { outcome: 'exited' as const, reason: null, exitCode: 255, signal: null };
    expect(changeOfMind(end, end)).toEqual([]);
  });
});

describe('what is not', () => {
  it.each<[string, string[], RegExp]>([
    ['a change that ran twice', judge({}, { effects: 2 }), /ran 2 times/],
    ['an end of what never ran', judge({}, { effects: 0 }), /never ran/],
    ['a code that it never has', judge({ exitCode: 0 }), /exited with 0/],
    [
      'output that it did not print',
      judge({}, {}, { ...printed, stdout: Buffer.from('fail') }),
      /stored output \(4 bytes\)/,
    ],
    [
      'masked output that was another',
      judge(
        { redaction: masked(sha256(Buffer.from('faultng\n'))) },
        {},
        { ...printed, stdout: Buffer.from('fa***ng\n') },
      ),
      /stored output \(8 bytes\)/,
    ],
    [
      'output that is told as masked and is not',
      judge({ redaction: masked(truth.stdoutSha256) }),
      /masked from 2 to 5/,
    ],
    ['error output that is gone', judge({}, {}, { ...printed, stderr: Buffer.alloc(0) }), /error output \(0 bytes\)/],
    [
      'output of a guard that is gone, though the command was killed',
      judge({ exitCode: null, signal: 'KILL', reason: 'timeout' }, {}, { ...printed, stdout: Buffer.alloc(0) }),
      /stored output \(0 bytes\)/,
    ],
    ['output that is cut', judge({ stdoutTruncated: true }), /truncated/],
    ['error output that is cut', judge({ stderrTruncated: true }), /truncated/],
    [
      'cut output of a guard, whatever broke',
      judge({ stdoutTruncated: true }, {}, printed, after('ssh.cut.output', 'node-1')),
      /truncated/,
    ],
    [
      'cut output where no connection broke',
      judge({ stdoutTruncated: true, mode: 'plain' }, {}, printed, after('tunnel.slow', null, 'plain'), 'plain'),
      /truncated/,
    ],
    [
      'cut output of a satellite that was killed',
      judge(
        { stdoutTruncated: true, mode: 'plain' },
        {},
        printed,
        after('satellite.kill.after-frame.started', null, 'plain'),
        'plain',
      ),
      /truncated/,
    ],
    [
      'not_started of what ran',
      judge({ outcome: 'not_started', reason: 'expired', mode: null }, {}, noStreams),
      /but it ran/,
    ],
    ['not_started where nothing happened', notStarted('never_arrived'), /nothing kept it from running/],
    ['not_started on a slow tunnel', notStarted('clock_skew', after('tunnel.slow')), /nothing kept it/],
    ['not_started of a killed relay', notStarted('expired', after('relay.kill.after-frame.dispatch')), /nothing kept/],
    ['not_started for another reason', notStarted('login_failed', after('ssh.late')), /nothing kept it/],
    [
      'not_started on the node that was not struck',
      notStarted('never_arrived', after('ssh.late', 'node-2')),
      /nothing kept it/,
    ],
    ['unknown where it can be known', judge({ outcome: 'unknown', reason: 'guard_lost' }, {}, noStreams), /be known/],
    [
      'unknown on the node that was not struck',
      unknownOnPlain('connection_lost', after('ssh.cut.running', 'node-2', 'plain')),
      /can be known/,
    ],
    [
      'unknown for a reason that is none',
      unknownOnPlain('report_unreadable', after('ssh.cut.running', 'node-1', 'plain')),
      /which is not why/,
    ],
    [
      'unknown of an end that was synced before the power went',
      judge({ outcome: 'unknown', reason: 'node_rebooted' }, {}, noStreams, after('node.loses-power.ended', 'node-1')),
      /can be known/,
    ],
    [
      'not_started by a node that has another time',
      notStarted('clock_skew', after('node.clock.ahead')),
      /nothing kept it/,
    ],
    ['a guard that was left out', judge({ mode: 'plain' }), /as plain, on a node where it is guarded/],
    ['an end without a mode', judge({ mode: null }), /as null/],
    ['no outcome at all', judge({ outcome: null }, {}, noStreams), /no outcome/],
    [
      'an end that is told in another way later',
      changeOfMind(
        { outcome: 'not_started', reason: 'never_arrived', exitCode: null, signal: null },
        { outcome: 'exited', reason: null, exitCode: 0, signal: null },
      ),
      /was told as not_started/,
    ],
  ])('%s is named', (_what, sentences, expected) => {
    expect(sentences).toEqual([expect.stringMatching(expected)]);
  });
});

describe('what the cells allow', () => {
  it('is never a report that can not be read, and nothing where everybody lives', () => {
    for (const { fault, scope } of cellsFor('redis')) {
      expect(reasonsOf(fault).unknown).not.toContain('report_unreadable');
      if (scope === 'cloud' || fault.kind === 'none' || fault.kind === 'tunnel-line')
        expect(reasonsOf(fault)).toEqual({ unknown: [], notStarted: [] });
    }
  });

  it('has a reason wherever nobody can know', () => {
    for (const { id, fault, unknown } of cellsFor('redis'))
      if (Object.values(unknown).some((why) => why !== null))
        expect({ id, reasons: reasonsOf(fault).unknown }).not.toEqual({ id, reasons: [] });
  });
});

describe('when an intent was written', () => {
  // PostgreSQL's clock was set back by 20 s: it had this time twice.
  const [first, second] = [1_000_000, 1_020_000];
  const world = { postgresClock: { trueTimesOf: () => [first, second] } };
  const earliest = (startedMs: number, durationMs: number) =>
    writtenFrom(new Date(first), { startedAt: new Date(startedMs), durationMs }, world);

  it('is when its run was under way', () => {
    expect(earliest(second - 5_000, 10_000)).toBe(second);
    expect(earliest(first - 5_000, 10_000)).toBe(first);
  });

  it('is the earlier where its run was under way at both', () => {
    expect(earliest(first - 5_000, 60_000)).toBe(first);
  });

  it('is no time at all where its run was at neither', () => {
    expect(earliest(second + 5_000, 10_000)).toBe(Number.POSITIVE_INFINITY);
  });
});
