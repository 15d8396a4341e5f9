import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSignerEnv } from './env.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const base = { PORT: '0', DATABASE_URL: 'postgresql://127.0.0.1/sena', PUBLIC_URL: 'https://sena.example.com' };
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sena-master-key-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function fileWith(content: string, mode: number): string {
  const file = path.join(directory, `key-${mode.toString(8)}`);
  writeFileSync(file, content, { mode });
  return file;
}

test('a file that its owner alone may read is as good as the variable', () => {
  const file = fileWith(`${key}\n`, 0o600);
  expect(parseSignerEnv({ ...base, MASTER_KEY_FILE: file })).toMatchObject({ MASTER_KEY: key });
  expect(parseSignerEnv({ ...base, MASTER_KEY: key, MASTER_KEY_PREVIOUS_FILE: file })).toMatchObject({
    MASTER_KEY_PREVIOUS: key,
  });
});

test('one that others may read, that is not there, or that stands beside the variable is refused, in words that don’t hold the key', () => {
  const open = fileWith(key, 0o644);
  const refused = (environment: Record<string, string>) => {
    try {
      parseSignerEnv({ ...base, ...environment });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };
  expect(refused({ MASTER_KEY_FILE: open })).toMatch(/MASTER_KEY_FILE names .*chmod 600/);
  expect(refused({ MASTER_KEY_FILE: path.join(directory, 'nowhere') })).toMatch(/ENOENT/);
  expect(refused({ MASTER_KEY_FILE: fileWith(key, 0o600), MASTER_KEY: key })).toMatch(/not both/);
  const words = refused({ MASTER_KEY_FILE: fileWith('short', 0o600) });
  expect(words).toMatch(/MASTER_KEY: must be 32 bytes/);
  expect(words).not.toContain('short');
});
