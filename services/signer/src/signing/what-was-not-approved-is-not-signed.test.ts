import type { Action } from '@sena/contracts/envelope';
import { executionIdFor } from '@sena/contracts/ids';
import { actionDigest, hashAction } from '@sena/envelope/action-digest';
import { loadBashParser, type ShellParser } from '@sena/policy/load-bash-parser';
import { compileRules } from '@sena/policy/rules/compile-rules';
import { type CedarEngine, loadCedar } from '@sena/policy/rules/load-cedar';
import { beforeAll, describe, expect, test } from 'vitest';
import { judgeDispatch } from './judge-dispatch.ts';
import type { ApprovalToCheck } from './read-approvals.ts';
import type { DispatchToSign } from './read-dispatch.ts';
import type { PasskeyWord } from './verify-passkeys.ts';

const now = new Date('2026-06-01T12:00:00Z');
const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const organizationId = 'org_1';
const limits = { timeoutMs: 60_000, outputBytesMax: 1_048_576 };
const node = {
  nodeId: 'node_1',
  name: 'web-01',
  address: '10.0.0.1',
  port: 22,
  hostKey: null,
  runAs: 'sena',
  credential: 'default',
};
const change = 'systemctl restart nginx';

const byNobodysKey = { assertion: null, passkey: { kind: 'none' } } as const;
const requester = { id: 'member:asker', attributes: { role: 'operator', via: 'session' } };

let parser: ShellParser;
let cedar: CedarEngine;
beforeAll(async () => {
  [parser, cedar] = await Promise.all([loadBashParser(), loadCedar()]);
});

function dispatch(over: Partial<DispatchToSign> = {}): DispatchToSign {
  return {
    id: 'disp_1',
    runId: 'run_1',
    step: 's1',
    satelliteId: 'sat_1',
    assignmentEpoch: 1,
    shell: 'sh',
    command: 'uptime',
    environment: {},
    limits,
    readOnly: true,
    notBefore: inMinutes(-1),
    expiresAt: inMinutes(10),
    traceparent: null,
    nodes: [{ ...node, executionId: executionIdFor('run_1', 's1', 'node_1') }],
    run: { status: 'running', cancelRequested: false, startAt: null, requester, proposer: 'person' },
    nodeFacts: new Map(),
    satelliteRevoked: false,
    satelliteKeyId: null,
    approval: null,
    ...over,
  };
}

function action(over: Partial<Action['commands'][number]> = {}): Action {
  return {
    v: 1,
    organizationId,
    runId: 'run_1',
    approvalNonce: 'a nonce of the approval',
    notBefore: inMinutes(-5).toISOString(),
    expiresAt: inMinutes(30).toISOString(),
    commands: [
      {
        step: 's1',
        shell: 'sh',
        command: change,
        environment: {},
        limits,
        nodes: [{ ...node, satelliteId: 'sat_1' }],
        ...over,
      },
    ],
  };
}

type ApprovalOver = Partial<Omit<ApprovalToCheck, 'action'>> & { action?: Action | null };

function approval({ action: given, ...over }: ApprovalOver = {}): ApprovalToCheck {
  const approved = given === undefined ? action() : given;
  return {
    id: 'appr_1',
    runId: 'run_1',
    status: 'approved',
    action: approved === null ? null : hashAction(approved),
    actionDigest: approved === null ? '' : actionDigest(approved),
    requestedBy: 'member:asker',
    approversRequired: 1,
    passkeyRequired: false,
    approvers: [{ by: 'member:approver', at: inMinutes(-2), ...byNobodysKey }],
    ...over,
  };
}

const approverNames = (...names: string[]) =>
  names.map((name) => ({ by: `member:${name}`, at: inMinutes(-2), ...byNobodysKey }));
const byPasskey = (...words: PasskeyWord[]) =>
  words.map((passkey, n) => ({ by: `member:person ${n}`, at: inMinutes(-2), assertion: null, passkey }));
const approvedChange = (over: Partial<DispatchToSign> = {}, approvalOver: ApprovalOver = {}) =>
  dispatch({ command: change, readOnly: false, approval: approval(approvalOver), ...over });
const judge = (subject: DispatchToSign, policy?: string) => {
  const documents = policy === undefined ? [] : [{ name: 'ours', text: policy }];
  return judgeDispatch(parser, compileRules(cedar, 'cloud', organizationId, documents), organizationId, subject, now);
};

describe('is signed', () => {
  test('what policy calls read-only, without anybody’s leave', () => {
    const judgement = judge(dispatch());
    expect(judgement).toMatchObject({ kind: 'sign', envelope: { organizationId, readOnly: true, approvals: [] } });
  });

  test('what policy calls read-only though the orchestrator was more careful', () => {
    expect(judge(dispatch({ readOnly: false }))).toMatchObject({ kind: 'sign', envelope: { readOnly: true } });
  });

  test('what policy calls read-only with variables that change how its answer looks', () => {
    const environment = {
      LANG: 'en_US.UTF-8',
      LC_ALL: 'C',
      TZ: 'Europe/Berlin',
      TERM: 'xterm-256color',
      COLUMNS: '200',
    };
    expect(judge(dispatch({ environment }))).toMatchObject({ kind: 'sign', envelope: { readOnly: true, environment } });
  });

  test('a variable that may change what programs do, once it was approved, and never as read-only', () => {
    const environment = { GREETING: 'hello' };
    const over = { action: action({ command: 'uptime', environment }) };
    const subject = dispatch({ environment, readOnly: false, approval: approval(over) });
    expect(judge(subject)).toMatchObject({ kind: 'sign', envelope: { readOnly: false, environment } });
  });

  test('a change that was approved as it is, with the approval’s proof in the envelope', () => {
    expect(judge(approvedChange())).toMatchObject({
      kind: 'sign',
      envelope: {
        readOnly: false,
        command: change,
        approvals: [
          {
            approvalId: 'appr_1',
            actionDigest: actionDigest(action()),
            requestedBy: 'member:asker',
            decidedBy: 'member:approver',
            proof: { approvalNonce: 'a nonce of the approval' },
          },
        ],
      },
    });
  });

  test('a change with a passkey that was verified, where one was asked for; one that is wrong is the satellite’s where none was', () => {
    const required = { passkeyRequired: true, approvers: byPasskey({ kind: 'verified' }) };
    expect(judge(approvedChange({}, required))).toMatchObject({ kind: 'sign' });
    const approvers = byPasskey({ kind: 'wrong', why: 'was not made by the listed key' });
    expect(judge(approvedChange({}, { approvers }))).toMatchObject({ kind: 'sign' });
  });

  test('every envelope under a nonce of its own', () => {
    const nonces = [judge(dispatch()), judge(dispatch())].map((judgement) =>
      judgement.kind === 'sign' ? judgement.envelope.nonce : '',
    );
    expect(new Set(nonces).size).toBe(2);
    expect(nonces[0]?.length).toBeGreaterThanOrEqual(16);
  });
});

describe('is refused', () => {
  const refusals: Array<[what: string, subject: () => DispatchToSign, reason: string, detail: RegExp]> = [
    [
      'a cancelled run',
      () =>
        dispatch({ run: { status: 'running', cancelRequested: true, startAt: null, requester, proposer: 'person' } }),
      'cancelled',
      /cancelled/,
    ],
    ...(['succeeded', 'failed', 'cancelled'] as const).map((status): [string, () => DispatchToSign, string, RegExp] => [
      `a run that has ${status}`,
      () => dispatch({ run: { status, cancelRequested: false, startAt: null, requester, proposer: 'person' } }),
      'signer_refused',
      new RegExp(status),
    ]),
    [
      'a reading ahead of the time for which its run was asked',
      () =>
        dispatch({
          run: { status: 'running', cancelRequested: false, startAt: inMinutes(5), requester, proposer: 'person' },
        }),
      'signer_refused',
      /would begin before .*, for which its run was asked/,
    ],
    [
      'a change ahead of the time for which it was approved',
      () => approvedChange({}, { action: { ...action(), notBefore: inMinutes(5).toISOString() } }),
      'signer_refused',
      /approved to begin at .*, and is to begin at another time/,
    ],
    [
      'a change whose run was given a later time after it was approved',
      () =>
        approvedChange({
          run: { status: 'running', cancelRequested: false, startAt: inMinutes(-2), requester, proposer: 'person' },
        }),
      'signer_refused',
      /approved to begin at .*, and is to begin at another time/,
    ],
    ['what is past its validity', () => dispatch({ expiresAt: now }), 'expired', /not signed while it was valid/],
    ['work for a revoked satellite', () => dispatch({ satelliteRevoked: true }), 'satellite_revoked', /revoked/],
    ['a dispatch without nodes', () => dispatch({ nodes: [] }), 'signer_refused', /no node/],
    [
      'an execution under another id than that of its run, step and node',
      () => approvedChange({ nodes: [{ ...node, executionId: executionIdFor('run_1', 's2', 'node_1') }] }),
      'signer_refused',
      /does not have the id/,
    ],
    [
      'a change without an approval',
      () => dispatch({ command: change, readOnly: false }),
      'signer_refused',
      /has no approval, and needs approval because/,
    ],
    ['a change that is called read-only', () => approvedChange({ readOnly: true }), 'signer_refused', /it is not/],
    [
      'a change that is called read-only, without approval',
      () => dispatch({ command: 'rm -rf /tmp/x' }),
      'signer_refused',
      /it is not/,
    ],
    ['text nobody can read', () => dispatch({ command: 'echo "$(' }), 'signer_refused', /it is not/],
    [
      'another shell than was judged',
      () => dispatch({ shell: 'bash' }),
      'signer_refused',
      /judged it for sh, not for bash/,
    ],
    [
      'what no satellite would take',
      () => dispatch({ environment: { 'not a name': 'x' }, readOnly: false }),
      'signer_refused',
      /No satellite would take it: environment/,
    ],
    [
      'limits no satellite knows',
      () => dispatch({ limits: { ...limits, timeoutMs: 1 } }),
      'signer_refused',
      /limits\.timeoutMs/,
    ],
  ];
  test.each(refusals)('%s', (_what, subject, reason, detail) => {
    expect(judge(subject())).toEqual({ kind: 'refuse', reason, detail: expect.stringMatching(detail) });
  });

  test.each<Record<string, string>>([
    { SYSTEMD_PAGER: 'sh -c id', GCONV_PATH: '/tmp/x' },
    { GCONV_PATH: '/tmp/x' },
    { PERL5OPT: '-Mx' },
    { LANG: '../../tmp/x' },
  ])('a reading with an environment that may change what runs: %o', (environment) => {
    const [name] = Object.keys(environment);
    expect(judge(dispatch({ command: 'systemctl status nginx', environment }))).toEqual({
      kind: 'refuse',
      reason: 'signer_refused',
      detail: 'It is called read-only, and it is not.',
    });
    expect(judge(dispatch({ command: 'systemctl status nginx', environment, readOnly: false }))).toEqual({
      kind: 'refuse',
      reason: 'signer_refused',
      detail: expect.stringContaining(`It has no approval, and needs approval because it sets \`${name}\``),
    });
  });

  test.each(['PATH', 'LD_PRELOAD', 'BASH_ENV'])('%s, although it was approved', (name) => {
    const environment = { [name]: '/tmp/x' };
    expect(judge(approvedChange({ environment }, { action: action({ environment }) }))).toEqual({
      kind: 'refuse',
      reason: 'signer_refused',
      detail: `A dispatch may not set ${name}, approved or not.`,
    });
  });

  const unapproved: Array<[what: string, over: ApprovalOver, detail: RegExp]> = [
    ['of another run', { runId: 'run_2' }, /another run/],
    ...(['pending', 'rejected', 'expired', 'void'] as const).map((status): [string, ApprovalOver, RegExp] => [
      `that is ${status}`,
      { status },
      new RegExp(status),
    ]),
    ['that nobody gave', { approvers: [] }, /approval of a person.*has that of 0/],
    ['by who asked for it', { approvers: [{ by: 'member:asker', at: now, ...byNobodysKey }] }, /requester/],
    ['by who asked for it, beside another', { approvers: [...approverNames('one', 'asker')] }, /requester/],
    [
      'of the run’s requester, under another name',
      { requestedBy: 'member:else', approvers: approverNames('asker') },
      /requester/,
    ],
    ['of one person where two were asked for', { approversRequired: 2 }, /2 people.*has that of 1/],
    [
      'of one person twice where two were asked for',
      { approversRequired: 2, approvers: approverNames('one', 'one') },
      /has that of 1/,
    ],
    ['without the passkey that was asked for', { passkeyRequired: true }, /a person with a passkey, .*has that of 0/],
    [
      'with a passkey that is not theirs, where one was asked for',
      { passkeyRequired: true, approvers: byPasskey({ kind: 'unregistered' }) },
      /has that of 0\. A passkey that is not registered for approvals to who decided does not count/,
    ],
    [
      'with one passkey where two were asked for',
      { passkeyRequired: true, approversRequired: 2, approvers: byPasskey({ kind: 'verified' }, { kind: 'none' }) },
      /2 people with a passkey, .*has that of 1/,
    ],
    [
      'with a signature that is wrong, beside a right one, where one was asked for',
      {
        ...{ passkeyRequired: true },
        approvers: byPasskey({ kind: 'verified' }, { kind: 'wrong', why: 'was not made by the listed key' }),
      },
      /the signature that is stored for member:person 1 was not made by the listed key\. Find out who wrote it/,
    ],
    ['that holds no action', { action: null }, /no readable action/],
    ['whose action was altered', { actionDigest: actionDigest(action({ command: 'reboot' })) }, /altered/],
    ['that has expired', { action: { ...action(), expiresAt: inMinutes(-1).toISOString() } }, /has expired/],
    [
      'that ends earlier',
      { action: { ...action(), expiresAt: inMinutes(5).toISOString() } },
      /longer than its approval/,
    ],
    ['over another command', { action: action({ command: 'systemctl restart apache2' }) }, /not what was approved/],
    ['over another step', { action: action({ step: 's2' }) }, /not what was approved/],
    ['over another shell', { action: action({ shell: 'bash' }) }, /not what was approved/],
    ['over another environment', { action: action({ environment: { A: 'b' } }) }, /not what was approved/],
    ['over other limits', { action: action({ limits: { ...limits, timeoutMs: 61_000 } }) }, /not what was approved/],
    [
      'over fewer nodes',
      { action: action({ nodes: [{ ...node, nodeId: 'node_2', satelliteId: 'sat_1' }] }) },
      /not what was approved/,
    ],
    [
      'over another address of the node',
      { action: action({ nodes: [{ ...node, address: '10.0.0.9', satelliteId: 'sat_1' }] }) },
      /not what was approved/,
    ],
    [
      'over another login',
      { action: action({ nodes: [{ ...node, runAs: 'root', satelliteId: 'sat_1' }] }) },
      /not what was approved/,
    ],
    [
      'over another satellite',
      { action: action({ nodes: [{ ...node, satelliteId: 'sat_2' }] }) },
      /not what was approved/,
    ],
    ['of another organization', { action: { ...action(), organizationId: 'org_2' } }, /not what was approved/],
  ];
  test.each(unapproved)('a change with an approval %s', (_what, over, detail) => {
    const judgement = judge(approvedChange({}, over));
    expect(judgement).toEqual({ kind: 'refuse', reason: 'signer_refused', detail: expect.stringMatching(detail) });
  });

  test('read-only work that names an approval which is not over it', () => {
    expect(judge(dispatch({ approval: approval() }))).toMatchObject({ kind: 'refuse', reason: 'signer_refused' });
  });
});

describe('the policies of the moment of signing', () => {
  const prod = `forbid (principal, action in Action::"changes", resource)
    when { resource.hasTag("env") && resource.getTag("env") == "prod" } unless { context.approvals >= 2 };`;
  const restarts =
    'permit (principal, action == Action::"controls_service", resource) when { resource.site == "Lab" };';
  const facts = (env: string, site = 'Berlin') => new Map([['node_1', { site, labels: { env } }]]);

  test('refuse what they forbid, although it was approved before', () => {
    const never = 'forbid (principal, action == Action::"controls_service", resource);';
    expect(judge(approvedChange(), never)).toEqual({
      kind: 'refuse',
      reason: 'signer_refused',
      detail: 'It is denied because `systemctl restart` controls a service, rule ours.',
    });
    expect(judge(dispatch(), 'forbid (principal, action == Action::"reads", resource);')).toMatchObject({
      kind: 'refuse',
    });
  });

  test('refuse one approval where they ask for two by now, and sign with both', () => {
    const nodeFacts = facts('prod');
    const refusal = judge(approvedChange({ nodeFacts }), prod);
    expect(refusal).toMatchObject({
      kind: 'refuse',
      detail: expect.stringMatching(/2 people, rule ours, and has that of 1/),
    });
    const approvers = approverNames('one', 'two');
    const signed = judge(approvedChange({ nodeFacts }, { approvers }), prod);
    expect(signed).toMatchObject({
      kind: 'sign',
      envelope: { approvals: [{ decidedBy: 'member:one' }, { decidedBy: 'member:two' }] },
    });
    expect(judge(approvedChange({ nodeFacts: facts('staging') }), prod)).toMatchObject({ kind: 'sign' });
  });

  test('sign a change that they permit without an approval, and never as read-only', () => {
    const alone = dispatch({ command: change, readOnly: false, nodeFacts: facts('prod', 'Lab') });
    expect(judge(alone, restarts)).toMatchObject({ kind: 'sign', envelope: { readOnly: false, approvals: [] } });
    expect(judge({ ...alone, nodeFacts: facts('prod', 'Berlin') }, restarts)).toMatchObject({ kind: 'refuse' });
    expect(judge({ ...alone, readOnly: true }, restarts)).toMatchObject({ kind: 'refuse' });
    expect(judge({ ...alone, command: 'sudo systemctl restart nginx' }, restarts)).toMatchObject({ kind: 'refuse' });
  });

  test.each(['model', 'runbook'] as const)(
    'refuse a change that a %s proposed without a person, whatever they permit',
    (proposer) => {
      const nodeFacts = facts('prod', 'Lab');
      const run = { ...dispatch().run, proposer };
      const alone = dispatch({ command: change, readOnly: false, nodeFacts, run });
      expect(judge(alone, restarts)).toEqual({
        ...{ kind: 'refuse', reason: 'signer_refused' },
        detail: `It has no approval, and needs approval because a ${proposer} proposed it and \`systemctl restart\` controls a service, rule default/no-person-wrote-it.`,
      });
      expect(judge(approvedChange({ nodeFacts, run }), restarts)).toMatchObject({ kind: 'sign' });
      expect(judge(dispatch({ nodeFacts, run }), restarts)).toMatchObject({
        kind: 'sign',
        envelope: { readOnly: true },
      });
    },
  );

  test('sign a question to the network that a person wrote, hold back the same from a model, and refuse it where policy forbids it', () => {
    const ping = 'ping -c 3 10.0.0.1 | tail -2';
    expect(judge(dispatch({ command: ping }))).toMatchObject({ kind: 'sign', envelope: { readOnly: true } });
    for (const proposer of ['model', 'runbook'] as const)
      expect(judge(dispatch({ command: ping, run: { ...dispatch().run, proposer } }))).toMatchObject({
        ...{ kind: 'refuse', reason: 'signer_refused' },
        detail: expect.stringMatching(/^It has no approval, and .*because a (?:model|runbook) proposed it/),
      });
    const quiet = 'forbid (principal, action == Action::"network", resource);';
    expect(judge(dispatch({ command: ping }), quiet)).toMatchObject({ kind: 'refuse' });
    expect(judge(dispatch({ command: 'ping -c 3 $(hostname).example.com' }))).toMatchObject({ kind: 'refuse' });
  });

  test('refuse a node of which nothing is known any more', () => {
    expect(judge(dispatch(), restarts)).toMatchObject({
      kind: 'refuse',
      detail: expect.stringMatching(/web-01 was deleted/),
    });
  });

  test('refuse everything while they can not be read', () => {
    expect(judge(dispatch(), 'permit (')).toMatchObject({
      kind: 'refuse',
      detail: expect.stringMatching(/can not be read/),
    });
  });
});
