import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openLocalRules } from '../config/open-local-rules.ts';
import { OperatorError } from '../config/operator-error.ts';
import {
  approved,
  makeDispatch,
  startTestSatellite,
  startTestSite,
  type TestNode,
  type TestSatellite,
  type TestSite,
} from '../fixtures/test-site.ts';
import { createRulesOfNow } from './create-rules-of-now.ts';

let site: TestSite;
let test: TestSatellite;
let web: TestNode;
let file: string;

const touches = `
@id("no-touching") forbid (principal, action == Action::"writes", resource) when { context has program && context.program == "touch" };
@id("two-for-mkdir") forbid (principal, action == Action::"writes", resource) unless { context.approvals >= 2 };
@id("web-may-delete") permit (principal, action == Action::"deletes", resource) when { resource.name like "web-*" };
`;

beforeAll(async () => {
  site = await startTestSite(['web-01', 'db-01', 'away-01']);
  file = join(site.directory, 'ours.cedar');
  writeFileSync(file, touches);
  const policy = { policyFile: file, approvalRequiredToChange: false };
  test = await site.start({ policy, limits: { connectTimeoutMs: 1_000 } });
  web = site.node('web-01');
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

async function outcomeOf(command: string, changes: Partial<DispatchEnvelope> = approved, node = web) {
  const { frame, executionId } = await makeDispatch(site, command, [node.node], changes);
  test.relay.send(frame);
  return (await test.relay.result(executionId)).outcome;
}
const refused = (detail: RegExp) => ({
  kind: 'not_started',
  reason: 'policy_refused',
  detail: expect.stringMatching(detail),
});
const ran = { kind: 'exited', exitCode: 0 };
const unapproved = { readOnly: false, approvals: [] };
async function approvedBy(command: string, ...people: string[]): Promise<Partial<DispatchEnvelope>> {
  const { envelope } = await makeDispatch(site, command, [web.node], approved);
  const [approval] = envelope.approvals;
  if (approval === undefined) throw new Error('it is not approved');
  const { runId, expiresAt } = envelope;
  return { readOnly: false, runId, expiresAt, approvals: people.map((decidedBy) => ({ ...approval, decidedBy })) };
}

describe('rules in the customer’s file', () => {
  it('forbid what the cloud has signed and people have approved', async () => {
    expect(await outcomeOf('touch /tmp/x')).toMatchObject(
      refused(/is denied because `touch` .*, rule ours\/no-touching/),
    );
  });

  it('let reading run, and what they permit run without an approval, on the nodes they name', async () => {
    expect(await outcomeOf('hostname', {})).toMatchObject(ran);
    expect(await outcomeOf('rm -f /tmp/nothing', unapproved)).toMatchObject(ran);
    expect(await outcomeOf('rm -f /tmp/nothing', unapproved, site.node('db-01'))).toMatchObject(
      refused(/needs approval because `rm` deletes, rule default\/second-person, and nobody has approved it/),
    );
  });

  it('want as many people as they say, and count nobody twice and not the requester', async () => {
    const command = 'mkdir -p /tmp/made';
    expect(await outcomeOf(command, unapproved)).toMatchObject(refused(/two people .*rule ours\/two-for-mkdir/));
    expect(await outcomeOf(command, await approvedBy(command, 'member:a'))).toMatchObject(refused(/and 1 approved/));
    expect(await outcomeOf(command, await approvedBy(command, 'member:a', 'member:a'))).toMatchObject(
      refused(/and 1 approved/),
    );
    const { approvals } = await approvedBy(command, 'member:a');
    const requester = approvals?.[0]?.requestedBy ?? '';
    expect(await outcomeOf(command, await approvedBy(command, 'member:a', requester))).toMatchObject(
      refused(/requester/),
    );
    expect(await outcomeOf(command, await approvedBy(command, 'member:a', 'member:b'))).toMatchObject(ran);
  });

  it('let a node ask the network by words that are written out, unless the file forbids it', async () => {
    const isRefused = { kind: 'not_started', reason: 'policy_refused' };
    expect(await outcomeOf('ping -c 1 -W 1 127.0.0.1 | head -1', {})).not.toMatchObject(isRefused);
    expect(await outcomeOf('ping -c 1 $(hostname).example.com', unapproved)).toMatchObject(
      refused(/nobody has approved it/),
    );
    writeFileSync(file, 'forbid (principal, action == Action::"network", resource);');
    expect(await outcomeOf('ping -c 1 -W 1 127.0.0.1', {})).toMatchObject(refused(/asks other machines, rule ours/));
    writeFileSync(file, touches);
  });

  it('do not let run alone what nobody understands', async () => {
    expect(await outcomeOf('frobnicate', unapproved)).toMatchObject(refused(/nobody has approved it/));
    expect(await outcomeOf('hostname', { environment: { LESSOPEN: 'x' } })).toMatchObject(
      refused(/it sets `LESSOPEN`/),
    );
  });

  it('are read again when they change; while they can not be read, nothing runs', async () => {
    writeFileSync(file, 'forbid (principal, action == Action::"reads", resource);');
    expect(await outcomeOf('hostname', {})).toMatchObject(refused(/rule ours/));
    writeFileSync(file, 'permit (principal, action');
    expect(await outcomeOf('hostname', {})).toMatchObject(refused(/policies can not be read.*ours, line 1/));
    expect(await outcomeOf('touch /tmp/y')).toMatchObject(refused(/can not be read/));
    rmSync(file);
    expect(await outcomeOf('hostname', {})).toMatchObject(refused(/can't be read \(ENOENT\)/));
    writeFileSync(file, touches);
    expect(await outcomeOf('hostname', {})).toMatchObject(ran);
  });
});

describe('what waits for its node', () => {
  const limits = { timeoutMs: 20_000, outputBytesMax: 65_536, nodeWaitMs: 600_000 };
  /** The node is back, and the rules are others. */
  async function outcomeUnder(rules: string): Promise<unknown> {
    const away = site.node('away-01');
    await away.host.setLink('down');
    const waiting = () => test.logs.filter((line) => line.includes('a node is waited for')).length;
    const before = waiting();
    const { frame, executionId } = await makeDispatch(site, 'rm -f /srv/kept', [away.node], {
      ...approved,
      limits,
    });
    test.relay.send(frame);
    await test.relay.until('it waits', () => waiting() > before);
    writeFileSync(file, rules);
    await away.host.setLink('up');
    const { outcome } = await test.relay.result(executionId);
    writeFileSync(file, touches);
    return outcome;
  }

  it('does not begin once the rules forbid it, or can not be read', async () => {
    await site.node('away-01').onNode('touch /srv/kept');
    const nothing = 'forbid (principal, action, resource);';
    expect(await outcomeUnder(nothing)).toMatchObject(refused(/rule ours\./));
    expect(await outcomeUnder('permit (principal, action')).toMatchObject(refused(/can not be read.*ours, line 1/));
    expect(await site.node('away-01').onNode('ls /srv/kept')).toBe('/srv/kept\n');
  });

  it('does not begin in an hour that the rules forbid, and of all its nodes they are asked once', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-27T12:59:59.900Z') });
    try {
      const own = join(site.directory, 'hours.cedar');
      writeFileSync(own, 'forbid (principal, action, resource) when { context.hour >= 13 };');
      const parser = await loadBashParser();
      const parse = vi.spyOn(parser, 'parse');
      const rules = createRulesOfNow(parser, test.config.policy, await openLocalRules(own));
      const { envelope } = await makeDispatch(site, 'hostname', [web.node]);
      for (let node = 0; node < 1_000; node += 1) expect(rules.objection(envelope)).toBeNull();
      const once = parse.mock.calls.length;
      vi.setSystemTime(new Date('2026-11-27T13:00:00.000Z'));
      for (let node = 0; node < 1_000; node += 1) {
        expect(rules.objection(envelope)).toMatchObject(refused(/rule hours\./));
      }
      expect(once).toBeGreaterThan(0);
      expect(parse).toHaveBeenCalledTimes(2 * once);
    } finally {
      vi.restoreAllMocks();
      vi.useRealTimers();
    }
  });
});

describe('a satellite does not start', () => {
  const starting = async (text: string | null) => {
    const own = join(site.directory, 'other.cedar');
    rmSync(own, { force: true });
    if (text !== null) writeFileSync(own, text);
    const { relay, config } = await site.enrol({ policy: { policyFile: own } });
    return startTestSatellite(config, relay);
  };
  it.each([
    ['without the file that its configuration names', null, /ENOENT/],
    ['with rules that can not be read', '\npermit (', /other\.cedar:2:/],
    [
      'with rules about labels, which it does not know',
      'forbid (principal, action, resource) when { resource.hasTag("env") };',
      /does not know labels/,
    ],
    [
      'with rules about roles, which it does not know',
      'forbid (principal, action, resource) when { principal.role == "x" };',
      /role/,
    ],
  ])('%s', async (_what, text, message) => {
    const failure = await starting(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OperatorError);
    expect((failure as Error).message).toMatch(message);
  });
});
