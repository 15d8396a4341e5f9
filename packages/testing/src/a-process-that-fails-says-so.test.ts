import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = `
  const { startPostgresServer } = await import(${JSON.stringify(path.join(import.meta.dirname, 'postgres-server.ts'))});
  const server = await startPostgresServer();
  console.log(server.socketDirectory);
  process.exitCode = Number(process.argv[1]);
  if (process.argv[2] === 'stops') await server.stop();
  else process.exit();
`;

test.each([
  ['0', 'stops'],
  ['3', 'stops'],
  ['3', 'leaves'],
])('a process with a PostgreSQL for tests ends with its own code: %s, and %s it', async (code, how) => {
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, '--', code, how]);
  const end = await run.then(() => 0).catch((error: { code: number; stderr: string }) => error.code);
  expect(String(end)).toBe(code);
});
