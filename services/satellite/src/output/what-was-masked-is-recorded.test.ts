import { createHash } from 'node:crypto';
import { redactionSchema } from '@sena/contracts/domain/redaction';
import { describe, expect, it } from 'vitest';
import { atLeast, buildResult } from '../dispatch/build-result.ts';
import { measureNowhere } from '../fixtures/output-meter.ts';

const exited = { kind: 'exited', exitCode: 0, signal: null, reason: null } as const;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const token = ['gh', 'p_', 'a1B2'.repeat(9)].join('');

async function measure(text: string, { limit = 1e9, isAll = true, pieceBytes = 7_001 } = {}) {
  let kept = '';
  const meter = measureNowhere(limit, { onward: (_stream, piece) => (kept += piece.toString('latin1')) });
  for (let at = 0; at < text.length; at += pieceBytes) {
    meter.pass('stdout', Buffer.from(text.slice(at, at + pieceBytes)));
    if (meter.isFull()) await meter.room();
  }
  await meter.settle(isAll);
  return { kept, measures: meter.finish(exited) };
}

describe('the record of a stream', () => {
  it('has the hash of what the node wrote, of what is uploaded, and every place between them', async () => {
    const text = `user=app\npassword=hunter2x\nremote ${token}\nend\n`;
    const { kept, measures } = await measure(text);
    expect(kept).toBe(`user=app\npassword=********\nremote ${'*'.repeat(40)}\nend\n`);
    expect(measures).toMatchObject({
      stdoutBytes: text.length,
      stdoutSha256: sha256(kept),
      stdoutKeptBytes: text.length,
    });
    expect(measures.redaction).toEqual({
      stdout: {
        ...{ rawSha256: sha256(text), count: 2, bytes: 48, rules: { assignment: 1, 'secretlint/github': 1 } },
        spans: [
          [18, 26, 'assignment'],
          [34, 74, 'secretlint/github'],
        ],
      },
      stderr: null,
    });
  });

  it('counts all of them and lists the first thousand', async () => {
    const line = 'password=hunter2x\n';
    const { measures, kept } = await measure(line.repeat(2_500));
    expect(measures.redaction?.stdout).toMatchObject({ count: 2_500, bytes: 20_000, rules: { assignment: 2_500 } });
    expect(measures.redaction?.stdout?.spans).toHaveLength(1_000);
    expect(measures.redaction?.stdout?.spans.at(-1)).toEqual([999 * 18 + 9, 999 * 18 + 17, 'assignment']);
    expect(kept).not.toContain('hunter2x');
    expect(redactionSchema.safeParse(measures.redaction).success).toBe(true);
  });

  it('is none where nothing was masked', async () => {
    const { measures } = await measure('nothing here\nat all');
    expect(measures.redaction).toBeUndefined();
    expect(measures.stdoutSha256).toBe(sha256('nothing here\nat all'));
  });

  it('is of the kept bytes, and a secret that the limit cuts is masked up to it', async () => {
    const text = `remote ${token} and more\n`.padEnd(20_000, 'x');
    const { kept, measures } = await measure(text, { limit: 20, pieceBytes: 3 });
    expect(kept).toBe(`remote ${'*'.repeat(13)}`);
    expect(measures).toMatchObject({ stdoutBytes: 20_000, stdoutKeptBytes: 20, stdoutSha256: sha256(kept) });
    expect(measures.redaction?.stdout).toMatchObject({
      rawSha256: sha256(text.slice(0, 20)),
      spans: [[7, 20, 'secretlint/github']],
    });
  });

  it('of two nodes whose secrets differ makes one answer', async () => {
    const [one, other] = await Promise.all(['aaaaaa11', 'bbbbbb22'].map((secret) => measure(`password=${secret}\n`)));
    expect(one?.measures.groupHash).toBe(other?.measures.groupHash);
    expect(one?.measures.redaction?.stdout?.rawSha256).not.toBe(other?.measures.redaction?.stdout?.rawSha256);
  });
});

it('of a command that may not have ended no incomplete line goes on: its rest may make it a secret', async () => {
  const { kept, measures } = await measure(`one\n${token.slice(0, 30)}`, { isAll: false });
  expect(kept).toBe('one\n');
  expect(measures).toMatchObject({ stdoutBytes: 34, stdoutKeptBytes: 4, stdoutSha256: sha256('one\n') });
});

it('where the cloud has more than passed here, no hash of what the node wrote is claimed', async () => {
  const meter = measureNowhere(1e6);
  meter.pass('stdout', Buffer.from('password=hunter2x\n'));
  await meter.settle(true);
  const built = buildResult('2f0f4a1e-62ab-5c4a-8a0e-0f6f3a1f4c11', exited, {
    ...{ mode: 'guarded', attempt: 1, startedAtMs: 0, durationMs: 5, meter },
  });
  expect(built.redaction?.stdout?.count).toBe(1);
  expect(atLeast(built, { stdout: 100, stderr: 0 }).redaction?.stdout).toMatchObject({ rawSha256: null, count: 1 });
});
