import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostKeyFingerprint, openKnownHosts, trustHostKey } from './known-hosts.ts';

let directory: string;
let key: Buffer;
let file: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sena-known-'));
  file = join(directory, 'known_hosts');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')]);
  key = Buffer.from(readFileSync(join(directory, 'key.pub'), 'utf8').split(' ')[1] ?? '', 'base64');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const knows = (address: string, port = 22) =>
  openKnownHosts(file)
    .find(address, port)
    .trusted.some((k) => k.equals(key));
const line = (hosts: string) => `${hosts} ssh-ed25519 ${key.toString('base64')}\n`;

describe('known_hosts', () => {
  it('gives the fingerprint that ssh-keygen prints', () => {
    const printed = execFileSync('ssh-keygen', ['-lf', join(directory, 'key.pub')]).toString();
    expect(printed).toContain(hostKeyFingerprint(key));
  });

  it.each([
    ['web-01', 'web-01', 22, true],
    ['web-01', 'WEB-01', 22, true],
    ['web-01', 'web-01', 2222, false],
    ['[web-01]:2222', 'web-01', 2222, true],
    ['[web-01]:2222', 'web-01', 22, false],
    ['web-01,10.0.0.1', '10.0.0.1', 22, true],
    ['web-*', 'web-17', 22, true],
    ['web-?', 'web-17', 22, false],
    ['web-*,!web-17', 'web-17', 22, false],
    ['10.0.0.1', '10.0.0.10', 22, false],
    ['10.0.0.1', '10a0.0.1', 22, false],
  ])('%s matches %s:%i: %s', (hosts, address, port, expected) => {
    writeFileSync(file, line(hosts));
    expect(knows(address, port)).toBe(expected);
  });

  it('is read when ssh-keygen has hashed its names', () => {
    writeFileSync(file, line('web-01') + line('[web-02]:2222'));
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).not.toContain('web-0');
    expect([knows('web-01'), knows('web-02', 2222), knows('web-03')]).toEqual([true, true, false]);
  });

  it('trusts nobody for comments, authorities and lines that are damaged', () => {
    writeFileSync(
      file,
      `# ${line('web-01')}@cert-authority ${line('web-01')}web-01 ssh-rsa ${key.toString('base64')}\nweb-01\n`,
    );
    expect(knows('web-01')).toBe(false);
  });

  it('is read again when it has changed, and ssh-keygen finds what was added', () => {
    writeFileSync(file, '');
    const open = openKnownHosts(file);
    expect(open.find('10.0.0.7', 2222).trusted).toEqual([]);
    trustHostKey(file, '10.0.0.7', 2222, key);
    expect(open.find('10.0.0.7', 2222).trusted).toHaveLength(1);
    expect(execFileSync('ssh-keygen', ['-F', '[10.0.0.7]:2222', '-f', file]).toString()).toContain('ssh-ed25519');
  });
});
