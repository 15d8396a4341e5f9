import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepSecrets } from './keep-secrets.ts';

test('secrets are random, stay the same, and only their owner reads them', () => {
  const [one, other] = [newFile(), newFile()];
  const secrets = keepSecrets(one);
  expect(keepSecrets(one)).toEqual(secrets);
  expect(keepSecrets(other)).not.toEqual(secrets);
  expect(Buffer.from(secrets.masterKey, 'base64')).toHaveLength(32);
  expect(secrets.owner.password).not.toBe(secrets.approver.password);
  expect(statSync(one).mode & 0o777).toBe(0o600);
});

test('a damaged file is never replaced by new secrets', () => {
  const file = newFile();
  writeFileSync(file, '{"postgresPassword":');
  expect(() => keepSecrets(file)).toThrow(`${file} is damaged. Restore it, or delete the directory`);
});

function newFile(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'sena-secrets-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return path.join(directory, 'secrets.json');
}
