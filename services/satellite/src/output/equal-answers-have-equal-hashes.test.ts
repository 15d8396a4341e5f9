import { describe, expect, it } from 'vitest';
import { createOutputMeter } from './measure-output.ts';

const exited = { kind: 'exited', exitCode: 0, signal: null, reason: null } as const;

function measure(
  pieces: string[],
  outcome: Parameters<ReturnType<typeof createOutputMeter>['finish']>[0] = exited,
  limit = 1e9,
) {
  const meter = createOutputMeter(limit);
  for (const piece of pieces) meter.pass('stdout', Buffer.from(piece, 'latin1'));
  return meter.finish(outcome);
}
const hash = (...pieces: string[]) => measure(pieces).groupHash;

describe('two outputs are one answer', () => {
  it.each([
    ['line ends', 'a\r\nb\r\n', 'a\nb\n'],
    ['blanks at the end of a line', 'a  \nb\t\n', 'a\nb\n'],
    ['empty lines at the end', 'a\nb\n\n\n', 'a\nb'],
    ['only blanks', ' \n \n', ''],
  ])('when they differ in %s', (_name, one, other) => {
    expect(hash(one)).toBe(hash(other));
    expect(measure([one]).stdoutSha256).not.toBe(measure([other]).stdoutSha256);
  });

  it('however they arrive in pieces', () => {
    const text = 'first  \r\n\r\n  second\t\tthird \n\n';
    const whole = hash(text);
    for (let at = 0; at <= text.length; at += 1) expect(hash(text.slice(0, at), text.slice(at))).toBe(whole);
    expect(hash(...text)).toBe(whole);
  });
});

describe('two outputs are two answers', () => {
  it.each([
    ['a line more', 'a\n', 'a\nb\n'],
    ['an empty line between', 'a\nb\n', 'a\n\nb\n'],
    ['blanks inside', 'a b\n', 'a  b\n'],
    ['blanks at the beginning', 'a\n', ' a\n'],
    ['a longer run of blanks than is held back', `a${' '.repeat(70_000)}b`, `a${' '.repeat(70_001)}b`],
  ])('when there is %s', (_name, one, other) => {
    expect(hash(one)).not.toBe(hash(other));
  });

  it('when they ended in different ways, or one was cut', () => {
    const other = { ...exited, exitCode: 1 };
    expect(measure(['a'], other).groupHash).not.toBe(hash('a'));
    expect(measure(['aaaa'], exited, 2).groupHash).not.toBe(measure(['aa']).groupHash);
  });

  it('but a reason is one answer, whatever node its sentence names', () => {
    const refused = (detail: string) =>
      measure([], { kind: 'not_started', reason: 'node_unreachable', detail }).groupHash;
    expect(refused('No connection to web-01.')).toBe(refused('No connection to web-02.'));
    expect(refused('x')).toMatch(/^1:[0-9a-f]{64}$/);
  });
});
