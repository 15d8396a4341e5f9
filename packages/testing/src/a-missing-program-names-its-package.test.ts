import { expect, test } from 'vitest';
import { findProgram } from './find-program.ts';

test('a missing program is named together with its Debian package', async () => {
  await expect(findProgram(['no-such-program'], 'some-package')).rejects.toThrow(
    'no-such-program is not installed. Install it, then try again: apt-get install some-package',
  );
});

test('finds what is installed', async () => {
  expect(await findProgram(['no-such-program', 'sh'], 'dash')).toMatch(/\/sh$/);
});
