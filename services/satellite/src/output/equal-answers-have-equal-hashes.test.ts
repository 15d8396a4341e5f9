import type { Outcome } from '@sena/contracts/domain/outcome';
import { describe, expect, it } from 'vitest';
import { measureNowhere } from '../fixtures/output-meter.ts';

const exited = { kind: 'exited', exitCode: 0, signal: null, reason: null } as const;

async function measure(pieces: string[], outcome: Outcome = exited, limit = 1e9) {
  const meter = measureNowhere(limit);
  for (const piece of pieces) meter.pass('stdout', Buffer.from(piece, 'latin1'));
  await meter.settle(true);
  return meter.finish(outcome);
}
const hash = async (...pieces: string[]) => (await measure(pieces)).groupHash;

describe('two outputs are one answer', () => {
  it.each([
    ['line ends', 'a\r\nb\r\n', 'a\nb\n'],
    ['blanks at the end of a line', 'a  \nb\t\n', 'a\nb\n'],
    ['empty lines at the end', 'a\nb\n\n\n', 'a\nb'],
    ['only blanks', ' \n \n', ''],
  ])('when they differ in %s', async (_name, one, other) => {
    expect(await hash(one)).toBe(await hash(other));
    expect((await measure([one])).stdoutSha256).not.toBe((await measure([other])).stdoutSha256);
  });

  it('however they arrive in pieces', async () => {
    const text = 'first  \r\n\r\n  second\t\tthird \n\n';
    const whole = await hash(text);
    for (let at = 0; at <= text.length; at += 1) expect(await hash(text.slice(0, at), text.slice(at))).toBe(whole);
    expect(await hash(...text)).toBe(whole);
  });
});

describe('two outputs are two answers', () => {
  it.each([
    ['a line more', 'a\n', 'a\nb\n'],
    ['an empty line between', 'a\nb\n', 'a\n\nb\n'],
    ['blanks inside', 'a b\n', 'a  b\n'],
    ['blanks at the beginning', 'a\n', ' a\n'],
    ['a longer run of blanks than is held back', `a${' '.repeat(70_000)}b`, `a${' '.repeat(70_001)}b`],
  ])('when there is %s', async (_name, one, other) => {
    expect(await hash(one)).not.toBe(await hash(other));
  });

  it('when they ended in different ways, or one was cut', async () => {
    const other = { ...exited, exitCode: 1 };
    expect((await measure(['a'], other)).groupHash).not.toBe(await hash('a'));
    expect((await measure(['aaaa'], exited, 2)).groupHash).not.toBe((await measure(['aa'])).groupHash);
  });

  it('but a reason is one answer, whatever node its sentence names', async () => {
    const refused = async (detail: string) =>
      (await measure([], { kind: 'not_started', reason: 'node_unreachable', detail })).groupHash;
    expect(await refused('No connection to web-01.')).toBe(await refused('No connection to web-02.'));
    expect(await refused('x')).toMatch(/^1:[0-9a-f]{64}$/);
  });
});
