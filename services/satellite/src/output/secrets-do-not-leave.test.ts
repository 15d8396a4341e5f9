// Real nodes print secrets of every kind; nothing that leaves the satellite holds one, and everything else leaves as it was.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionResult } from '@sena/contracts/frames';
import { plantSecrets } from '@sena/redaction/fixtures/plant-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';

const canary = 'correct-horse-battery';
let site: TestSite;
let test: TestSatellite;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
  test = await site.start({ redaction: { canaries: [canary] } });
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function run(command: string, changes = {}) {
  const { frame, executionId } = await makeDispatch(site, command, [site.node('web-01').node], changes);
  test.relay.send(frame);
  const result = await test.relay.result(executionId);
  return { result, executionId, stored: test.relay.output(executionId, 'stdout', result.attempt) };
}

/** The contract: what is stored is what the node wrote with the told places masked, and both hashes are true. */
function expectTrueRecord(result: ExecutionResult, stored: Buffer, raw: Buffer): void {
  const { redaction, stdoutSha256, stdoutBytes, stdoutKeptBytes } = result;
  expect({ stdoutBytes, stdoutKeptBytes }).toEqual({ stdoutBytes: raw.length, stdoutKeptBytes: raw.length });
  expect(sha256(stored)).toBe(stdoutSha256);
  expect(redaction?.stdout?.rawSha256).toBe(sha256(raw));
  const masked = Buffer.from(raw);
  for (const [start, end] of redaction?.stdout?.spans ?? []) masked.fill('*', start, end);
  expect(stored.equals(masked)).toBe(true);
}

async function writeOnNode(name: string, bytes: Buffer): Promise<void> {
  const lines = bytes.toString('base64').match(/.{1,60000}/g) ?? [];
  await site.node('web-01').onNode(`: > /srv/${name}.b64`);
  for (const line of lines) await site.node('web-01').onNode(`printf %s '${line}' >> /srv/${name}.b64`);
  await site.node('web-01').onNode(`base64 -d /srv/${name}.b64 > /srv/${name}`);
}

describe('five hundred planted secrets, printed by a command', () => {
  const planted = plantSecrets(2_026, 500);
  const raw = Buffer.from(planted.map(({ text }, index) => `line ${index} of the report: ok\n${text}`).join(''));
  beforeAll(() => writeOnNode('report', raw));

  it.each([
    ['read', 'cat /srv/report', {}],
    ['guarded', 'cat /srv/report; :> /srv/touched', approved],
  ])(
    '%s, are in nothing that the relay, the log or the journal has, and the rest is as it was',
    async (_how, command, changes) => {
      const { result, stored } = await run(command, changes);
      expect(result.outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
      expectTrueRecord(result, stored, raw);
      const uploaded = stored.toString('latin1');
      const everythingElse = [...test.logs, JSON.stringify(result), journalText()].join('\n');
      for (const { kind, parts } of planted) {
        for (const part of parts) {
          expect(uploaded, kind).not.toContain(part);
          expect(everythingElse, kind).not.toContain(part);
        }
      }
      expect(uploaded.match(/^line \d+ of the report: ok$/gm)).toHaveLength(500);
    },
  );
});

it('a change that is found again after its connection broke has the same bytes masked, and a true record', async () => {
  const planted = plantSecrets(77, 130);
  const text = planted.map((secret) => secret.text).join('');
  await writeOnNode('part', Buffer.from(text));
  const { frame, executionId } = await makeDispatch(
    site,
    // The break comes within a line, and within a token.
    'cat /srv/part; printf "password=hun"; :> /srv/printed; sleep 2; echo ter2xyz; cat /srv/part',
    [site.node('web-01').node],
    approved,
  );
  test.relay.send(frame);
  await site.node('web-01').onNode('until [ -e /srv/printed ]; do sleep 0.05; done; sleep 0.7');
  site.node('web-01').cut();
  const result = await test.relay.result(executionId);
  expect(result.outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
  const stored = test.relay.output(executionId, 'stdout', result.attempt);
  expectTrueRecord(result, stored, Buffer.from(`${text}password=hunter2xyz\n${text}`));
  expect(stored.toString('latin1')).toContain('password=**********\n');
  for (const { kind, parts } of planted) {
    for (const part of parts) expect(stored.toString('latin1'), kind).not.toContain(part);
  }
});

function journalText(): string {
  const directory = test.config.stateDirectory;
  return readdirSync(directory)
    .filter((name) => name.startsWith('journal'))
    .map((name) => readFileSync(join(directory, name), 'latin1'))
    .join('\n');
}

it('a text that the owner has listed is masked wherever it stands, also within base64', async () => {
  const inside = Buffer.from(`x${canary}y`).toString('base64');
  const { result, stored } = await run(`echo before ${canary} ${inside} after`);
  expect(stored.toString()).not.toContain(canary);
  expect(stored.toString()).toMatch(/^before \*{21} .*\*+.* after\n$/);
  expect(result.redaction?.stdout?.rules).toMatchObject({ canary: 2 });
});

it('output without a secret is told without a word about redaction', async () => {
  const { result, stored } = await run('printf "a\\nb"');
  expect(stored.toString()).toBe('a\nb');
  expect(result.redaction).toBeUndefined();
});
