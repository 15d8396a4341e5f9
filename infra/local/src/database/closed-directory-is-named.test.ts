import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { firstClosedDirectory } from './first-closed-directory.ts';
import { refuseClosedDirectory } from './refuse-closed-directory.ts';

const somebody = { uid: 61_001, gid: 61_001 };

function makeTree(): { outer: string; inner: string } {
  const outer = mkdtempSync(path.join(tmpdir(), 'sena-closed-'));
  onTestFinished(() => rmSync(outer, { recursive: true }));
  const inner = path.join(outer, 'checkout', '.sena');
  mkdirSync(inner, { recursive: true });
  chmodSync(outer, 0o755);
  return { outer, inner };
}

test('the first directory that the user can not enter is found, wherever it lies above', () => {
  const { outer, inner } = makeTree();
  expect(firstClosedDirectory(inner, somebody)).toBe(null);
  chmodSync(outer, 0o700);
  expect(firstClosedDirectory(inner, somebody)).toEqual({ path: outer, mode: '0700' });
  expect(firstClosedDirectory(path.join(inner, 'not', 'made', 'yet'), somebody)?.path).toBe(outer);
});

test('the owner and the group have bits of their own', () => {
  const { outer, inner } = makeTree();
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  chmodSync(outer, 0o710);
  expect(firstClosedDirectory(inner, { uid: 61_001, gid: own.gid })).toBe(null);
  expect(firstClosedDirectory(inner, somebody)?.path).toBe(outer);
});

test('the sentence names the directory and the ways out', () => {
  const { outer, inner } = makeTree();
  refuseClosedDirectory(inner, somebody);
  chmodSync(outer, 0o700);
  expect(() => refuseClosedDirectory(inner, somebody)).toThrow(
    `PostgreSQL runs as the user "postgres", who can't enter ${outer} (mode 0700). Move the checkout to a directory that everyone may enter, for example /srv/sena, or keep the data elsewhere: SENA_DATA_DIR=/var/lib/sena npm start.`,
  );
});
