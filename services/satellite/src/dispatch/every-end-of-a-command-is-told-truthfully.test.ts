import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
let test: TestSatellite;

beforeAll(async () => {
  site = await startTestSite(['web-01', 'web-02', 'web-03']);
  test = await site.start();
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

async function run(command: string, changes = {}, node = site.node('web-01').node) {
  const { frame, executionId } = await makeDispatch(site, command, [node], changes);
  test.relay.send(frame);
  const result = await test.relay.result(executionId);
  const text = (stream: 'stdout' | 'stderr') => test.relay.output(executionId, stream, result.attempt).toString();
  return { result, executionId, stdout: text('stdout'), stderr: text('stderr') };
}
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a command that', () => {
  it('succeeds is exited 0 with its output and nothing else', async () => {
    const { result, stdout, stderr } = await run('hostname');
    expect(result).toMatchObject({ outcome: { kind: 'exited', exitCode: 0, signal: null, reason: null }, attempt: 1 });
    expect(stdout).toBe('web-01\n');
    expect(stderr).toBe('');
    expect(result.stdoutSha256).toBe(sha256(Buffer.from('web-01\n')));
    expect(result).toMatchObject({ stdoutBytes: 7, stdoutKeptBytes: 7, stderrBytes: 0, stderrKeptBytes: 0 });
  });

  it('fails is exited with its own code', async () => {
    const { result, stderr } = await run('echo wrong >&2; exit 3', approved);
    expect(result.outcome).toMatchObject({ kind: 'exited', exitCode: 3, signal: null });
    expect(stderr).toBe('wrong\n');
  });

  it('is killed is exited with the signal', async () => {
    const { result } = await run('kill -TERM $$', approved);
    expect(result.outcome).toEqual({ kind: 'exited', exitCode: null, signal: 'TERM', reason: null });
  });

  it('does not exist is exited 127 and the shell says so', async () => {
    const { result, stderr } = await run('no-such-program-here', approved);
    expect(result.outcome).toMatchObject({ kind: 'exited', exitCode: 127 });
    expect(stderr).toContain('not found');
  });

  it('goes to a node that is not there did not start', async () => {
    const { result } = await run('hostname', {}, { ...site.node('web-01').node, port: 1 });
    expect(result).toMatchObject({ outcome: { kind: 'not_started', reason: 'node_unreachable' }, attempt: 0 });
    expect(result).toMatchObject({ startedAt: null, durationMs: null, stdoutSha256: null });
  });

  it('goes to a name that nobody knows did not start', async () => {
    const { result } = await run('hostname', {}, { ...site.node('web-01').node, address: 'no-such-host.invalid' });
    expect(result.outcome).toMatchObject({ kind: 'not_started', reason: 'node_unreachable' });
  });

  it('logs in as somebody the node does not know did not start', async () => {
    const { result } = await run('hostname', {}, { ...site.node('web-01').node, runAs: 'nobody-here' });
    expect(result.outcome).toMatchObject({ kind: 'not_started', reason: 'login_failed' });
  });

  it('names a credential that the satellite does not have did not start', async () => {
    const { result } = await run('hostname', {}, { ...site.node('web-01').node, credential: 'other' });
    expect(result.outcome).toMatchObject({ kind: 'not_started', reason: 'credential_missing' });
  });

  it('writes 50 MB delivers every byte', async () => {
    const size = 50 * 1024 * 1024;
    const limits = { timeoutMs: 60_000, outputBytesMax: size * 2 };
    const { result, executionId } = await run(`head -c ${size} /dev/urandom`, { ...approved, limits });
    expect(result).toMatchObject({ outcome: { exitCode: 0 }, stdoutBytes: size, stdoutKeptBytes: size });
    const output = test.relay.output(executionId);
    expect(output.length).toBe(size);
    expect(sha256(output)).toBe(result.stdoutSha256);
  }, 60_000);

  it('writes more than it may is cut, and the cut is counted', async () => {
    const limits = { timeoutMs: 20_000, outputBytesMax: 10_000 };
    const { result, stdout } = await run('head -c 3000000 /dev/zero', { ...approved, limits });
    expect(result).toMatchObject({ outcome: { exitCode: 0 }, stdoutBytes: 3_000_000, stdoutKeptBytes: 10_000 });
    expect(stdout.length).toBe(10_000);
  });

  it('writes bytes that are not text keeps them as they are', async () => {
    const { executionId } = await run(String.raw`printf '\000\377\376\033[31m\r\n\200'`, approved);
    expect(test.relay.output(executionId).toString('hex')).toBe('00fffe1b5b33316d0d0a80');
  });

  it.each([
    ['it\'s $HOME "quoted" `tick` \\ back\\\\slash !bang *', 'specials'],
    ['two\nlines\n', 'line ends'],
    ['ümläut ✓ 日本', 'UTF-8'],
  ])('holds %j arrives unchanged', async (text) => {
    const { stdout, result } = await run(`printf %s '${text.replaceAll("'", "'\\''")}'`, approved);
    expect(result.outcome).toMatchObject({ exitCode: 0 });
    expect(stdout).toBe(text);
  });

  it('reads its input gets none instead of waiting for ever', async () => {
    const { result, stdout } = await run('cat; echo done', approved);
    expect(result.outcome).toMatchObject({ exitCode: 0 });
    expect(stdout).toBe('done\n');
  });

  it('looks at its environment finds the fixed one and what the dispatch adds', async () => {
    const { stdout } = await run('env', { ...approved, environment: { GREETING: "it's\nme" } });
    expect(stdout).toContain('PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin\n');
    expect(stdout).toContain("GREETING=it's\nme\n");
    expect(stdout).not.toMatch(/^SSH_/m);
  });
});

describe('a login that runs something else than it is asked to', () => {
  it.each([
    ['welcomes', 'echo welcome; exit 0'],
    ['refuses', 'echo "This account is not available." >&2; exit 1'],
  ])('and %s is unknown, for a reading and for a change: its code is not the command’s', async (user, says) => {
    const { node, onNode } = site.node('web-03');
    await onNode(`echo '${user}:*:0:0::/root:/bin/${user}' >>/etc/passwd
      printf '#!/bin/sh\n%s\n' '${says}' >/bin/${user}; chmod 755 /bin/${user}`);
    const login = { ...node, runAs: user };
    for (const answer of [await run('hostname', {}, login), await run('touch /srv/forced', approved, login)]) {
      expect(answer.result.outcome).toMatchObject({
        ...{ kind: 'unknown', reason: 'start_not_seen' },
        detail: expect.stringMatching(/ended with code [01] .*ForceCommand/),
      });
    }
    expect(await onNode('ls /srv/forced 2>/dev/null || echo none')).toBe('none\n');
  });
});

// They mostly wait, so they wait together, each on a node of its own.
describe.concurrent('a command that never ends', () => {
  it('but has ended, leaving something behind that holds its output, ends', async () => {
    const { result, stdout } = await run('sleep 60 & echo started', {
      ...approved,
      limits: { timeoutMs: 30_000, outputBytesMax: 65_536 },
    });
    expect(result.outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(stdout).toBe('started\n');
    expect(result.durationMs).toBeLessThan(15_000);
  }, 60_000);

  it('is killed with its children, which is proven, and disturbs nobody', async () => {
    const slow = await makeDispatch(site, 'sleep 301 & sleep 302', [site.node('web-01').node], {
      ...approved,
      limits: { timeoutMs: 2_000, outputBytesMax: 65_536 },
    });
    test.relay.send(slow.frame);
    await test.relay.started(slow.executionId);
    const [same, other] = await Promise.all([run('hostname'), run('hostname', {}, site.node('web-02').node)]);
    expect([same.stdout, other.stdout]).toEqual(['web-01\n', 'web-02\n']);
    const result = await test.relay.result(slow.executionId);
    expect(result.outcome).toEqual({ kind: 'exited', exitCode: null, signal: 'TERM', reason: 'timeout' });
    expect(result.durationMs).toBeGreaterThanOrEqual(2_000);
    expect(await site.node('web-01').onNode('ps -eo args')).not.toMatch(/sleep 30[12]/);
  });

  it('and does not listen is killed all the same', async () => {
    const limits = { timeoutMs: 1_000, outputBytesMax: 65_536 };
    const { result } = await run('trap "" TERM; while :; do sleep 1; done', { ...approved, limits });
    expect(result.outcome).toEqual({ kind: 'exited', exitCode: null, signal: 'KILL', reason: 'timeout' });
  }, 60_000);

  it('does not starve its node: each node has places, and they come free', async () => {
    const limits = { timeoutMs: 1_500, outputBytesMax: 65_536 };
    const stuck = await Promise.all(
      Array.from({ length: 6 }, () =>
        makeDispatch(site, 'sleep 303', [site.node('web-02').node], { ...approved, limits }),
      ),
    );
    test.relay.send(...stuck.map(({ frame }) => frame));
    const { stdout } = await run('hostname', {}, site.node('web-01').node);
    expect(stdout).toBe('web-01\n');
    const results = await Promise.all(stuck.map(({ executionId }) => test.relay.result(executionId)));
    expect(results.map(({ outcome }) => outcome.kind === 'exited' && outcome.reason)).toEqual(Array(6).fill('timeout'));
  });
});
