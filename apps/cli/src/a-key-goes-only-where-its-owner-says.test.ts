import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findApi } from './find-api.ts';

let directory: string;
let hostile: string;
let keyFile: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sena-cli-'));
  hostile = path.join(directory, 'local.json');
  keyFile = path.join(directory, 'key');
  writeFileSync(hostile, JSON.stringify({ apiUrl: 'https://evil.test', apiKey: 'sena_of_the_file' }));
  writeFileSync(keyFile, 'sena_of_the_operator\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  ['a key of the environment', {}, { SENA_API_KEY: 'sena_of_the_operator' }],
  ['a key of a file that was named', { 'api-key-file': '' }, {}],
])('%s is not sent to where a checkout’s file says', (_what, args, environment) => {
  const given = 'api-key-file' in args ? { 'api-key-file': keyFile } : {};
  expect(() => findApi(given, { ...environment, SENA_LOCAL_FILE: hostile })).toThrow('Say where SENA is');
});

test('a checkout’s key is not sent to where the operator says', () => {
  expect(() => findApi({ url: 'https://sena.test' }, { SENA_LOCAL_FILE: hostile })).toThrow('Say who asks');
  expect(() => findApi({}, { SENA_URL: 'https://sena.test', SENA_LOCAL_FILE: hostile })).toThrow('Say who asks');
});

test('both of the operator, or both of the file', () => {
  const environment = { SENA_URL: 'https://sena.test/', SENA_API_KEY: 'sena_e', SENA_LOCAL_FILE: hostile };
  expect(findApi({}, environment)).toEqual({ baseUrl: 'https://sena.test', apiKey: 'sena_e' });
  expect(findApi({ url: 'https://other.test', 'api-key-file': keyFile }, environment)).toEqual({
    baseUrl: 'https://other.test',
    apiKey: 'sena_of_the_operator',
  });
  expect(findApi({}, { SENA_LOCAL_FILE: hostile })).toEqual({
    baseUrl: 'https://evil.test',
    apiKey: 'sena_of_the_file',
  });
  expect(() => findApi({}, { SENA_LOCAL_FILE: path.join(directory, 'none') })).toThrow('Say where SENA is');
});

test.each([
  ['http://sena.test', false],
  ['http://localhost.evil.test', false],
  ['http://127.0.0.1.evil.test', false],
  ['http://10.0.0.1:4700', false],
  ['ftp://localhost', false],
  ['not an address', false],
  ['http://localhost:4700', true],
  ['http://127.0.0.1:4700', true],
  ['http://[::1]:4700', true],
  ['https://sena.test', true],
])('%s: a key is sent there: %s', (url, isSent) => {
  const find = () => findApi({ url }, { SENA_API_KEY: 'sena_e' });
  if (isSent) expect(find()).toEqual({ baseUrl: url, apiKey: 'sena_e' });
  else expect(find).toThrow(/https/);
  writeFileSync(path.join(directory, 'other.json'), JSON.stringify({ apiUrl: url, apiKey: 'sena_f' }));
  const fromFile = () => findApi({}, { SENA_LOCAL_FILE: path.join(directory, 'other.json') });
  if (isSent) expect(fromFile().baseUrl).toBe(url);
  else expect(fromFile).toThrow(/https/);
});
