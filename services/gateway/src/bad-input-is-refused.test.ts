// Every operation of the OpenAPI document × every way to ask wrongly: the right problem, nothing stored, nothing secret logged.
import type { Permission } from '@sena/contracts/domain/permission';
import { roleSchema } from '@sena/contracts/domain/principal';
import { rolesWith } from '@sena/contracts/domain/role-permissions';
import { type ErrorCode, errorCatalogue } from '@sena/contracts/errors';
import { problemSchema } from '@sena/contracts/http/problem';
import { newId } from '@sena/contracts/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArrangedIds, arrangeOrganization } from './fixtures/arrange-organization.ts';
import { makeEnrolment } from './fixtures/make-enrolment.ts';
import { type Answer, openTestGateway, type TestGateway, testPassword } from './fixtures/open-test-gateway.ts';
import { may } from './permissions.ts';

let gateway: TestGateway;
let rowsBefore: Record<string, string>;
const ids = { ours: {} as ArrangedIds, theirs: {} as ArrangedIds };
const spoiledKeys = { expired: '', disabled: '' };
/** Texts that must not reach the log. */
const secrets: string[] = [];

/** Sent wherever a free text is wrong; it must not be logged. */
const canary = 'canary-5d1f0c3a';

interface Operation {
  /** With `{id}` where the id goes. */
  readonly path: string;
  readonly id?: keyof ArrangedIds;
  /** 'public': no key is asked for; 'member': any member. */
  readonly roles: Permission | 'member' | 'public';
  /** What would be accepted. */
  readonly body?: unknown;
  readonly bodyIsOptional?: boolean;
  readonly wrongBodies?: ReadonlyArray<[name: string, body: () => unknown, code: ErrorCode]>;
  readonly wrongQueries?: ReadonlyArray<[query: string, code: ErrorCode]>;
  readonly wrongHeaders?: ReadonlyArray<[name: string, value: string, code: ErrorCode]>;
}

const pageQueries: Operation['wrongQueries'] = [
  ['limit=0', 'validation_failed'],
  ['limit=501', 'validation_failed'],
  ['limit=ten', 'validation_failed'],
  ['limit=1&limit=2', 'validation_failed'],
  [`cursor=${canary}`, 'validation_failed'],
  [`cursor=${'x'.repeat(513)}`, 'validation_failed'],
  [`cursor=${Buffer.from(JSON.stringify(['a\0b'])).toString('base64url')}`, 'validation_failed'],
  [`cursor=${Buffer.from(JSON.stringify({ a: 1 })).toString('base64url')}`, 'validation_failed'],
  [`cursor=${Buffer.from(JSON.stringify(['a', 'b', 'c', 'd'])).toString('base64url')}`, 'validation_failed'],
];
const node = { name: 'n', siteId: '', address: '10.0.0.9' };
const policy = { text: 'permit (principal, action == Action::"reads", resource);' };
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const changed = (body: object, changes: object) => () => ({ ...body, ...changes });
const sink = { kind: 'webhook', address: 'https://collector.example.com/audit' };
const ask = { kind: 'ask', prompt: 'why?' };
const command = { kind: 'command', command: 'hostname', selector: '*' };
const ourNode = (changes: object) => () => ({ ...node, siteId: ids.ours.site, ...changes });
const invitation = { email: 'new@northwind.test', role: 'operator' };
const provider = {
  kind: 'oidc',
  issuer: 'https://id.northwind.test',
  clientId: 'sena',
  clientSecret: canary,
  domains: ['northwind.test'],
};
const samlProvider = {
  ...{ kind: 'saml', issuer: 'https://id.northwind.test/metadata', ssoUrl: 'https://id.northwind.test/sso' },
  ...{ certificates: ['x'], domains: ['northwind.test'] },
};
const passkeyAnswer = {
  response: {
    ...{ id: 'aWQ', rawId: 'aWQ', type: 'public-key', clientExtensionResults: {} },
    response: { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA' },
  },
};
const enrolment = makeEnrolment(`sena_join_${canary}${'x'.repeat(30)}`, {
  ...{ pin: `SHA256:${'x'.repeat(43)}`, name: 'sat' },
});

const operations: Record<string, Operation> = {
  'POST /v1/runs': {
    path: '/v1/runs',
    roles: may.run,
    body: ask,
    wrongBodies: [
      ['kind missing', changed({}, { prompt: 'x' }), 'validation_failed'],
      ['kind unknown', changed(ask, { kind: 'shell' }), 'validation_failed'],
      ['prompt missing', () => ({ kind: 'ask' }), 'validation_failed'],
      ['prompt of another type', changed(ask, { prompt: 7 }), 'validation_failed'],
      ['prompt empty', changed(ask, { prompt: '  ' }), 'validation_failed'],
      ['prompt too long', changed(ask, { prompt: canary.repeat(600) }), 'validation_failed'],
      ['prompt with NUL', changed(ask, { prompt: `${canary}\0` }), 'validation_failed'],
      ['prompt with half a surrogate pair', changed(ask, { prompt: `${canary}\ud800` }), 'validation_failed'],
      ['field unknown', changed(ask, { [canary]: true }), 'validation_failed'],
      ['command without selector', () => ({ kind: 'command', command: 'id' }), 'validation_failed'],
      ['command with an open quote', changed(command, { command: 'echo "unclosed' }), 'validation_failed'],
      ['command too long', changed(command, { command: 'x'.repeat(16_385) }), 'validation_failed'],
      ['selector too long', changed(command, { selector: 'x'.repeat(2_001) }), 'validation_failed'],
      ['selector unreadable', changed(command, { selector: 'role=' }), 'invalid_selector'],
      ['selector as SQL', changed(command, { selector: `name=x' or '1'='1` }), 'invalid_selector'],
      ['selector that matches nothing', changed(command, { selector: 'name=none' }), 'no_nodes_match'],
      ['selector of a foreign node', changed(command, { selector: 'name=contoso-node' }), 'no_nodes_match'],
      ['waitSeconds below 0', changed(command, { waitSeconds: -1 }), 'validation_failed'],
      ['waitSeconds of more than a day', changed(command, { waitSeconds: 86_401 }), 'validation_failed'],
      ['waitSeconds of another type', changed(command, { waitSeconds: '60' }), 'validation_failed'],
      ['waitSeconds of a question', changed(ask, { waitSeconds: 60 }), 'validation_failed'],
      ['startAt of a question', changed(ask, { startAt: inDays(1) }), 'validation_failed'],
      ['startAt in the past', changed(command, { startAt: inDays(-1) }), 'validation_failed'],
      ['startAt of more than 30 days', changed(command, { startAt: inDays(31) }), 'validation_failed'],
      ['startAt without a time zone', changed(command, { startAt: '2026-12-01T02:00:00' }), 'validation_failed'],
      ['startAt of another type', changed(command, { startAt: 1_800_000_000 }), 'validation_failed'],
      ['runbook that is not there', () => ({ kind: 'runbook', runbook: 'none' }), 'validation_failed'],
    ],
    wrongHeaders: [
      ['idempotency-key', 'x'.repeat(256), 'validation_failed'],
      ['idempotency-key', 'with space', 'validation_failed'],
    ],
  },
  'GET /v1/runs': {
    path: '/v1/runs',
    roles: may.read,
    wrongQueries: [...pageQueries, ['status=done', 'validation_failed']],
  },
  'GET /v1/runs/{id}': { path: '/v1/runs/{id}', id: 'run', roles: may.read },
  'GET /v1/runs/{id}/events': {
    path: '/v1/runs/{id}/events',
    id: 'run',
    roles: may.read,
    wrongQueries: [
      ['after=-1', 'validation_failed'],
      ['after=x', 'validation_failed'],
      ['after=99999999999', 'validation_failed'],
    ],
    wrongHeaders: [['last-event-id', 'x', 'validation_failed']],
  },
  'GET /v1/runs/{id}/executions': {
    path: '/v1/runs/{id}/executions',
    id: 'run',
    roles: may.read,
    wrongQueries: [
      ...pageQueries,
      ['outcome=failed', 'validation_failed'],
      [`group=${'x'.repeat(129)}`, 'validation_failed'],
      [`cursor=${Buffer.from(JSON.stringify(['s', 'n', 'not a uuid'])).toString('base64url')}`, 'validation_failed'],
    ],
  },
  'GET /v1/runs/{id}/output-groups': {
    path: '/v1/runs/{id}/output-groups',
    id: 'run',
    roles: may.read,
    wrongQueries: pageQueries,
  },
  'POST /v1/runs/{id}/cancel': {
    path: '/v1/runs/{id}/cancel',
    id: 'run',
    roles: may.run,
    body: { stopRunning: true },
    bodyIsOptional: true,
    wrongBodies: [
      ['stopRunning of another type', () => ({ stopRunning: 'yes' }), 'validation_failed'],
      ['field unknown', () => ({ [canary]: true }), 'validation_failed'],
    ],
  },
  'GET /v1/executions/{id}': { path: '/v1/executions/{id}', id: 'execution', roles: may.read },
  'GET /v1/executions/{id}/output': {
    path: '/v1/executions/{id}/output',
    id: 'execution',
    roles: may.read,
    wrongQueries: [['stream=stdin', 'validation_failed']],
    wrongHeaders: [['range', 'bytes=10-', 'range_not_satisfiable']],
  },
  'GET /v1/runbooks': { path: '/v1/runbooks', roles: may.read },
  'GET /v1/approvals': {
    path: '/v1/approvals',
    roles: may.readApprovals,
    wrongQueries: [...pageQueries, ['status=open', 'validation_failed']],
  },
  'GET /v1/approvals/{id}': { path: '/v1/approvals/{id}', id: 'approval', roles: may.readApprovals },
  'GET /v1/approvals/{id}/action': { path: '/v1/approvals/{id}/action', id: 'approval', roles: may.readApprovals },
  'POST /v1/approvals/{id}/decision': {
    path: '/v1/approvals/{id}/decision',
    id: 'approval',
    roles: may.decide,
    body: { decision: 'approve' },
    wrongBodies: [
      ['decision missing', () => ({ reason: 'x' }), 'validation_failed'],
      ['decision unknown', () => ({ decision: 'maybe' }), 'validation_failed'],
      ['reason too long', () => ({ decision: 'reject', reason: 'x'.repeat(1_001) }), 'validation_failed'],
      ['reason with NUL', () => ({ decision: 'reject', reason: `${canary}\0` }), 'validation_failed'],
      ['another digest', () => ({ decision: 'approve', actionDigest: 'sha256:0' }), 'conflict'],
    ],
  },
  'POST /v1/policy/evaluations': {
    path: '/v1/policy/evaluations',
    roles: may.read,
    body: { command: 'ls' },
    wrongBodies: [
      ['command missing', () => ({}), 'validation_failed'],
      ['command empty', () => ({ command: '' }), 'validation_failed'],
      ['command too long', () => ({ command: 'x'.repeat(16_385) }), 'validation_failed'],
      ['command of another type', () => ({ command: ['ls'] }), 'validation_failed'],
      ['selector unreadable', () => ({ command: 'ls', selector: '((' }), 'invalid_selector'],
      [
        'draft that can not be read',
        () => ({ command: 'ls', draft: { name: 'x', text: canary } }),
        'validation_failed',
      ],
      ['draft without a name', () => ({ command: 'ls', draft: { text: policy.text } }), 'validation_failed'],
      [
        'draft with a name that is taken',
        () => ({ command: 'ls', draft: { ...policy, name: 'default' } }),
        'validation_failed',
      ],
      ['role unknown', () => ({ command: 'ls', role: 'root' }), 'validation_failed'],
      ['node that is no id', () => ({ command: 'ls', nodeIds: [canary] }), 'validation_failed'],
      ['no nodes', () => ({ command: 'ls', nodeIds: [] }), 'validation_failed'],
    ],
  },
  'GET /v1/policies': { path: '/v1/policies', roles: may.read, wrongQueries: pageQueries },
  'GET /v1/policies/{name}': { path: '/v1/policies/{id}', id: 'policy', roles: may.read },
  'GET /v1/policies/{name}/versions': {
    path: '/v1/policies/{id}/versions',
    id: 'policy',
    roles: may.read,
    wrongQueries: [
      ...pageQueries,
      [`cursor=${Buffer.from(JSON.stringify(['one'])).toString('base64url')}`, 'validation_failed'],
    ],
  },
  'PUT /v1/policies/{name}': {
    path: '/v1/policies/{id}',
    id: 'policy',
    roles: may.managePolicies,
    body: { ...policy, version: 7 },
    wrongBodies: [
      ['text missing', () => ({ version: null }), 'validation_failed'],
      ['text empty', () => ({ text: '', version: 1 }), 'validation_failed'],
      ['text too long', () => ({ text: 'x'.repeat(65_537), version: 1 }), 'validation_failed'],
      ['text that can not be read', () => ({ text: canary, version: 7 }), 'validation_failed'],
      ['version missing', () => policy, 'validation_failed'],
      ['version of another type', () => ({ ...policy, version: '1' }), 'validation_failed'],
      ['another version', () => ({ ...policy, version: 2 }), 'conflict'],
      ['new, and it is there', () => ({ ...policy, version: null }), 'conflict'],
    ],
  },
  'DELETE /v1/policies/{name}': { path: '/v1/policies/{id}?version=1', id: 'policy', roles: may.managePolicies },
  'GET /v1/nodes': {
    path: '/v1/nodes',
    roles: may.readFleet,
    wrongQueries: [...pageQueries, ['selector=a%3D', 'invalid_selector'], ['selector=', 'validation_failed']],
  },
  'POST /v1/nodes': {
    path: '/v1/nodes',
    roles: may.manageFleet,
    body: node,
    wrongBodies: [
      ['name missing', ourNode({ name: undefined }), 'validation_failed'],
      ['name with a slash', ourNode({ name: '../etc' }), 'validation_failed'],
      ['name taken', ourNode({ name: 'northwind-node' }), 'name_taken'],
      ['address as a command', ourNode({ address: `$(${canary})` }), 'validation_failed'],
      ['port out of range', ourNode({ port: 70_000 }), 'validation_failed'],
      ['port as text', ourNode({ port: '22' }), 'validation_failed'],
      ['login with a space', ourNode({ runAs: 'a b' }), 'validation_failed'],
      ['a private key as credential', ourNode({ credential: `-----BEGIN ${canary}` }), 'validation_failed'],
      ['a host key that is none', ourNode({ hostKey: 'MD5:00' }), 'validation_failed'],
      ['label with a capital', ourNode({ labels: { Role: 'x' } }), 'validation_failed'],
      ['label with NUL', ourNode({ labels: { role: 'x\0' } }), 'validation_failed'],
      [
        'too many labels',
        ourNode({ labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, 'x'])) }),
        'validation_failed',
      ],
      ['site of another organization', () => ({ ...node, siteId: ids.theirs.site }), 'not_found'],
      ['site that is not there', () => ({ ...node, siteId: newId('site') }), 'not_found'],
    ],
  },
  'DELETE /v1/nodes/{id}': { path: '/v1/nodes/{id}', id: 'node', roles: may.manageFleet },
  'GET /v1/sites': { path: '/v1/sites', roles: may.readFleet, wrongQueries: pageQueries },
  'POST /v1/sites': {
    path: '/v1/sites',
    roles: may.manageFleet,
    body: { name: 'paris' },
    wrongBodies: [
      ['name missing', () => ({}), 'validation_failed'],
      ['name too long', () => ({ name: 'x'.repeat(64) }), 'validation_failed'],
      ['name with a space', () => ({ name: 'new york' }), 'validation_failed'],
      ['name taken', () => ({ name: 'northwind-site' }), 'name_taken'],
    ],
  },
  'PATCH /v1/sites/{id}': {
    path: '/v1/sites/{id}',
    id: 'site',
    roles: may.manageFleet,
    body: { runningMax: 20 },
    wrongBodies: [
      ['nothing', () => ({}), 'validation_failed'],
      ['none at all', () => ({ runningMax: 0 }), 'validation_failed'],
      ['a part of a command', () => ({ runningMax: 1.5 }), 'validation_failed'],
      ['more than there can be', () => ({ runningMax: 100_001 }), 'validation_failed'],
      ['as text', () => ({ runningMax: '20' }), 'validation_failed'],
      ['field unknown', () => ({ runningMax: 20, [canary]: 1 }), 'validation_failed'],
    ],
  },
  'POST /v1/sites/{id}/join-tokens': {
    path: '/v1/sites/{id}/join-tokens',
    id: 'site',
    roles: may.manageFleet,
    body: { expiresInSeconds: 600 },
    bodyIsOptional: true,
    wrongBodies: [
      ['too short-lived', () => ({ expiresInSeconds: 1 }), 'validation_failed'],
      ['too long-lived', () => ({ expiresInSeconds: 86_401 }), 'validation_failed'],
      ['of another type', () => ({ expiresInSeconds: '600' }), 'validation_failed'],
    ],
  },
  'GET /v1/satellites': { path: '/v1/satellites', roles: may.readFleet, wrongQueries: pageQueries },
  'POST /v1/satellites/{id}/revoke': { path: '/v1/satellites/{id}/revoke', id: 'satellite', roles: may.manageFleet },
  'POST /v1/satellites/{id}/unlock': {
    ...{ path: '/v1/satellites/{id}/unlock', id: 'satellite', roles: may.unlockSatellites },
  },
  'GET /v1/dispatch-keys': { path: '/v1/dispatch-keys', roles: may.rotateKeys },
  'POST /v1/dispatch-keys/rotations': {
    path: '/v1/dispatch-keys/rotations',
    roles: may.rotateKeys,
    body: { reason: 'a leak' },
    bodyIsOptional: true,
    wrongBodies: [
      ['reason of another type', () => ({ reason: 7 }), 'validation_failed'],
      ['reason too long', () => ({ reason: canary.repeat(200) }), 'validation_failed'],
      ['reason with NUL', () => ({ reason: `${canary}\0` }), 'validation_failed'],
      ['field unknown', () => ({ [canary]: true }), 'validation_failed'],
    ],
  },
  'POST /v1/dispatch-keys/{id}/retire': {
    path: '/v1/dispatch-keys/{id}/retire',
    id: 'dispatchKey',
    roles: may.rotateKeys,
    body: { force: true },
    bodyIsOptional: true,
    wrongBodies: [
      ['force of another type', () => ({ force: 'yes' }), 'validation_failed'],
      ['field unknown', () => ({ [canary]: true }), 'validation_failed'],
    ],
  },
  'POST /v1/enrolments': {
    path: '/v1/enrolments',
    roles: 'public',
    body: enrolment,
    wrongBodies: [
      ['token missing', () => ({ ...enrolment, token: undefined }), 'validation_failed'],
      ['token too short', () => ({ ...enrolment, token: 'x' }), 'validation_failed'],
      ['token too long', () => ({ ...enrolment, token: canary.repeat(20) }), 'validation_failed'],
      ['token unknown', () => enrolment, 'join_token_invalid'],
      ['key that is none', () => ({ ...enrolment, publicKey: 'x' }), 'validation_failed'],
      ['proof missing', () => ({ ...enrolment, proof: undefined }), 'validation_failed'],
      ['proof that is none', () => ({ ...enrolment, proof: canary }), 'key_refused'],
      ['pins missing', () => ({ ...enrolment, pins: [] }), 'validation_failed'],
      ['pin that is none', () => ({ ...enrolment, pins: [canary] }), 'validation_failed'],
      ['name with a slash', () => ({ ...enrolment, name: 'a/b' }), 'validation_failed'],
    ],
  },
  'GET /v1/audit-events': {
    path: '/v1/audit-events',
    roles: may.readAudit,
    wrongQueries: [
      ...pageQueries,
      [`cursor=${Buffer.from(JSON.stringify(['yesterday', 'x'])).toString('base64url')}`, 'validation_failed'],
    ],
  },
  'GET /v1/audit-checkpoint': { path: '/v1/audit-checkpoint', roles: may.readAudit },
  'GET /v1/audit-verification': { path: '/v1/audit-verification', roles: may.readAudit },
  'GET /v1/audit-export': {
    path: '/v1/audit-export',
    roles: may.readAudit,
    wrongQueries: [
      ['afterSeq=-1', 'validation_failed'],
      ['afterSeq=1.5', 'validation_failed'],
      [`afterSeq=${canary}`, 'validation_failed'],
      ['afterSeq=9007199254740993', 'validation_failed'],
    ],
  },
  'GET /v1/audit-sinks': { path: '/v1/audit-sinks', roles: may.manageAudit },
  'POST /v1/audit-sinks': {
    path: '/v1/audit-sinks',
    roles: may.manageAudit,
    body: sink,
    wrongBodies: [
      ['address missing', changed(sink, { address: undefined }), 'validation_failed'],
      ['address that is none', changed(sink, { address: canary }), 'validation_failed'],
      ['address of this machine', changed(sink, { address: 'https://127.0.0.1/' }), 'validation_failed'],
      ['address of a cloud’s metadata', changed(sink, { address: 'https://169.254.169.254/' }), 'validation_failed'],
      ['address without encryption', changed(sink, { address: 'http://collector.example.com/' }), 'validation_failed'],
      [
        'address with a password',
        changed(sink, { address: 'https://a:b@collector.example.com/' }),
        'validation_failed',
      ],
      ['address too long', changed(sink, { address: `https://a.example/${'x'.repeat(2_001)}` }), 'validation_failed'],
      ['kind unknown', changed(sink, { kind: 'mail' }), 'validation_failed'],
      ['field unknown', changed(sink, { extra: 1 }), 'validation_failed'],
    ],
  },
  'DELETE /v1/audit-sinks/{id}': { path: '/v1/audit-sinks/{id}', id: 'sink', roles: may.manageAudit },
  'GET /v1/me': { path: '/v1/me', roles: 'member' },
  'GET /v1/members': { path: '/v1/members', roles: may.readMembers, wrongQueries: pageQueries },
  'PATCH /v1/members/{id}': {
    path: '/v1/members/{id}',
    id: 'member',
    roles: may.manageMembers,
    body: { role: 'viewer' },
    wrongBodies: [
      ['role unknown', () => ({ role: 'root' }), 'validation_failed'],
      ['field unknown', () => ({ role: 'viewer', [canary]: 1 }), 'validation_failed'],
      ['scope unreadable', () => ({ scope: 'env=' }), 'invalid_selector'],
      ['scope too long', () => ({ scope: 'x'.repeat(2_001) }), 'validation_failed'],
      ['scope of an owner', () => ({ scope: 'env=staging' }), 'validation_failed'],
      ['the last owner', () => ({ role: 'viewer' }), 'last_owner'],
    ],
  },
  'DELETE /v1/members/{id}': { path: '/v1/members/{id}', id: 'member', roles: may.manageMembers },
  'GET /v1/members/{id}/sessions': { path: '/v1/members/{id}/sessions', id: 'member', roles: may.manageMembers },
  'DELETE /v1/members/{id}/sessions': { path: '/v1/members/{id}/sessions', id: 'member', roles: may.manageMembers },
  'GET /v1/invitations': { path: '/v1/invitations', roles: may.manageMembers, wrongQueries: pageQueries },
  'POST /v1/invitations': {
    path: '/v1/invitations',
    roles: may.manageMembers,
    body: invitation,
    wrongBodies: [
      ['no e-mail address', changed(invitation, { email: canary }), 'validation_failed'],
      ['e-mail of another type', changed(invitation, { email: 7 }), 'validation_failed'],
      ['role missing', () => ({ email: 'new@northwind.test' }), 'validation_failed'],
      ['role unknown', changed(invitation, { role: 'root' }), 'validation_failed'],
      ['scope unreadable', changed(invitation, { scope: '((' }), 'invalid_selector'],
      ['scope of an admin', changed(invitation, { role: 'admin', scope: 'env=staging' }), 'validation_failed'],
      ['too short-lived', changed(invitation, { expiresInSeconds: 1 }), 'validation_failed'],
      ['too long-lived', changed(invitation, { expiresInSeconds: 31 * 86_400 }), 'validation_failed'],
      ['a member', changed(invitation, { email: 'Viewer@northwind.test' }), 'name_taken'],
    ],
  },
  'DELETE /v1/invitations/{id}': { path: '/v1/invitations/{id}', id: 'invitation', roles: may.manageMembers },
  'POST /v1/invitations/lookup': {
    path: '/v1/invitations/lookup',
    roles: 'public',
    body: { token: `sena_invite_${canary}` },
    wrongBodies: [
      ['token missing', () => ({}), 'validation_failed'],
      ['token too short', () => ({ token: 'x' }), 'validation_failed'],
      ['token unknown', () => ({ token: `sena_invite_${canary}` }), 'invitation_invalid'],
    ],
  },
  'POST /v1/invitations/accept': {
    path: '/v1/invitations/accept',
    roles: 'public',
    body: { token: `sena_invite_${canary}` },
    wrongBodies: [
      ['token missing', () => ({}), 'validation_failed'],
      [
        'password too short',
        changed({ token: `sena_invite_${canary}` }, { name: 'x', password: 'short' }),
        'validation_failed',
      ],
      ['token unknown', () => ({ token: `sena_invite_${canary}` }), 'invitation_invalid'],
    ],
  },
  'GET /v1/api-keys': {
    path: '/v1/api-keys',
    roles: may.manageKeys,
    wrongQueries: [...pageQueries, ['of=them', 'validation_failed']],
  },
  'POST /v1/api-keys': {
    path: '/v1/api-keys',
    roles: may.manageKeys,
    body: { name: 'ci' },
    wrongBodies: [
      ['name missing', () => ({}), 'validation_failed'],
      ['name too long', () => ({ name: 'x'.repeat(101) }), 'validation_failed'],
      ['name with NUL', () => ({ name: `${canary}\0` }), 'validation_failed'],
      ['scope unknown', () => ({ name: 'ci', scopes: [canary] }), 'validation_failed'],
      ['no scope', () => ({ name: 'ci', scopes: [] }), 'validation_failed'],
      ['too short-lived', () => ({ name: 'ci', expiresInSeconds: 1 }), 'validation_failed'],
    ],
  },
  'DELETE /v1/api-keys/{id}': { path: '/v1/api-keys/{id}', id: 'apiKey', roles: may.manageKeys },
  'GET /v1/sessions': { path: '/v1/sessions', roles: may.manageKeys },
  'DELETE /v1/sessions/{id}': { path: '/v1/sessions/{id}', id: 'session', roles: may.manageKeys },
  'GET /v1/sign-in-provider': { path: '/v1/sign-in-provider', roles: may.manageSignIn },
  'PUT /v1/sign-in-provider': {
    path: '/v1/sign-in-provider',
    roles: may.manageSignIn,
    body: provider,
    wrongBodies: [
      ['issuer missing', changed(provider, { issuer: undefined }), 'validation_failed'],
      ['issuer that is no address', changed(provider, { issuer: canary }), 'validation_failed'],
      ['issuer of another scheme', changed(provider, { issuer: 'file:///etc/passwd' }), 'validation_failed'],
      ['issuer on this host', changed(provider, { issuer: 'https://127.0.0.1' }), 'validation_failed'],
      ['issuer on this host, by name', changed(provider, { issuer: 'https://localhost' }), 'validation_failed'],
      ['issuer on this host, in IPv6', changed(provider, { issuer: 'https://[::1]' }), 'validation_failed'],
      ['issuer on this host, as a number', changed(provider, { issuer: 'https://2130706433' }), 'validation_failed'],
      ['issuer in IPv6 that is IPv4', changed(provider, { issuer: 'https://[::ffff:10.0.0.1]' }), 'validation_failed'],
      ['issuer in a private network', changed(provider, { issuer: 'https://10.0.0.1' }), 'validation_failed'],
      ['cloud metadata', changed(provider, { issuer: 'http://169.254.169.254' }), 'validation_failed'],
      ['issuer without encryption', changed(provider, { issuer: 'http://93.184.216.34' }), 'validation_failed'],
      ['no kind', changed(provider, { kind: undefined }), 'validation_failed'],
      ['another kind', changed(provider, { kind: 'ldap' }), 'validation_failed'],
      ['SAML without a certificate', changed(samlProvider, { certificates: [] }), 'validation_failed'],
      ['SAML with words for a certificate', changed(samlProvider, { certificates: [canary] }), 'validation_failed'],
      ['SAML at a script', changed(samlProvider, { ssoUrl: `javascript:${canary}` }), 'validation_failed'],
      ['SAML without encryption', changed(samlProvider, { ssoUrl: 'http://id.northwind.test/' }), 'validation_failed'],
      ['SAML with a client secret', changed(samlProvider, { clientSecret: canary }), 'validation_failed'],
      ['no domain', changed(provider, { domains: [] }), 'validation_failed'],
      ['a domain that is none', changed(provider, { domains: ['*'] }), 'validation_failed'],
      ['a top-level domain', changed(provider, { domains: ['com'] }), 'validation_failed'],
      ['owners by default', changed(provider, { defaultRole: 'owner' }), 'validation_failed'],
      ['scope unreadable', changed(provider, { defaultScope: '((' }), 'invalid_selector'],
    ],
  },
  'DELETE /v1/sign-in-provider': { path: '/v1/sign-in-provider', roles: may.manageSignIn },
  'POST /v1/sign-in/provider': {
    path: '/v1/sign-in/provider',
    roles: 'public',
    body: { provider: 'idp_x' },
    wrongBodies: [
      ['provider missing', () => ({}), 'validation_failed'],
      ['provider unknown', () => ({ provider: canary }), 'not_found'],
      ['another site as next', () => ({ provider: 'idp_x', next: 'https://evil.test' }), 'validation_failed'],
      ['another site as next, shorter', () => ({ provider: 'idp_x', next: '//evil.test' }), 'validation_failed'],
      ['another site as next, slanted', () => ({ provider: 'idp_x', next: '/\\\\evil.test' }), 'validation_failed'],
    ],
  },
  'GET /v1/scim-tokens': { path: '/v1/scim-tokens', roles: may.manageSignIn },
  'POST /v1/scim-tokens': {
    path: '/v1/scim-tokens',
    roles: may.manageSignIn,
    body: { name: 'directory' },
    wrongBodies: [
      ['name missing', () => ({}), 'validation_failed'],
      ['name empty', () => ({ name: ' ' }), 'validation_failed'],
      ['name too long', () => ({ name: canary.repeat(10) }), 'validation_failed'],
      ['name with NUL', () => ({ name: `${canary}\0` }), 'validation_failed'],
      ['time too short', () => ({ name: 'x', expiresInSeconds: 1 }), 'validation_failed'],
      ['time without end', () => ({ name: 'x', expiresInSeconds: null }), 'validation_failed'],
      ['field unknown', () => ({ name: 'x', [canary]: true }), 'validation_failed'],
    ],
    wrongHeaders: [['idempotency-key', 'with space', 'validation_failed']],
  },
  'DELETE /v1/scim-tokens/{id}': { path: '/v1/scim-tokens/{id}', id: 'scimToken', roles: may.manageSignIn },
  'GET /v1/organizations': { path: '/v1/organizations', roles: 'member' },
  'POST /v1/organizations/{id}/select': { path: '/v1/organizations/{id}/select', id: 'organization', roles: 'member' },
  'POST /api/auth/sign-in/email': {
    path: '/api/auth/sign-in/email',
    roles: 'public',
    body: { email: 'nobody@northwind.test', password: canary },
    wrongBodies: [
      ['password missing', () => ({ email: 'owner@northwind.test' }), 'validation_failed'],
      ['e-mail of another type', () => ({ email: 7, password: canary }), 'validation_failed'],
      ['password too long', () => ({ email: 'a@b.test', password: canary.repeat(200) }), 'validation_failed'],
      ['password with NUL', () => ({ email: 'a@b.test', password: `${canary}\0` }), 'validation_failed'],
      ['not an e-mail address', () => ({ email: canary, password: canary }), 'validation_failed'],
    ],
  },
  'POST /api/auth/sign-out': { path: '/api/auth/sign-out', roles: 'public' },
  'GET /api/auth/get-session': { path: '/api/auth/get-session', roles: 'public' },
  'GET /api/auth/passkey/generate-authenticate-options': {
    path: '/api/auth/passkey/generate-authenticate-options',
    roles: 'public',
  },
  'POST /api/auth/passkey/verify-authentication': {
    path: '/api/auth/passkey/verify-authentication',
    roles: 'public',
    body: passkeyAnswer,
    wrongBodies: [
      ['response missing', () => ({}), 'validation_failed'],
      ['id of another type', () => ({ response: { ...passkeyAnswer.response, id: 7 } }), 'validation_failed'],
      ['id too long', () => ({ response: { ...passkeyAnswer.response, id: canary.repeat(200) } }), 'validation_failed'],
      ['field unknown', () => ({ ...passkeyAnswer, [canary]: true }), 'validation_failed'],
      [
        'extensions',
        () => ({ response: { ...passkeyAnswer.response, clientExtensionResults: { appid: true } } }),
        'validation_failed',
      ],
      ['no signature', () => ({ response: { ...passkeyAnswer.response, response: {} } }), 'validation_failed'],
    ],
  },
  'GET /api/auth/saml/{organization}/metadata': {
    path: `/api/auth/saml/${newId('org')}/metadata`,
    roles: 'public',
  },
  'GET /healthz': { path: '/healthz', roles: 'public' },
  'GET /readyz': { path: '/readyz', roles: 'public' },
  'GET /v1/openapi.json': { path: '/v1/openapi.json', roles: 'public' },
};

const table = Object.entries(operations).map(([name, operation]) => ({
  name,
  method: name.split(' ', 1)[0] ?? '',
  operation,
}));
const guarded = table.filter(({ operation }) => operation.roles !== 'public');
const restricted = guarded.flatMap(({ name, method, operation }) => {
  const { roles } = operation;
  const allowed = roles === 'public' || roles === 'member' ? roleSchema.options : rolesWith(roles);
  const refused = roleSchema.options.filter((role) => !allowed.includes(role));
  return refused.map((role) => ({ name, method, operation, role }));
});
const withId = table.filter(({ operation }) => operation.id !== undefined);
const withBody = table.filter(({ operation }) => operation.body !== undefined);
const bodyRequired = withBody.filter(({ operation }) => operation.bodyIsOptional !== true);
const bodyOptional = withBody.filter(({ operation }) => operation.bodyIsOptional === true);

beforeAll(async () => {
  gateway = await openTestGateway();
  ids.ours = await arrangeOrganization(gateway.admin, gateway.ours.id, 'northwind', gateway.ours.members.owner.userId);
  ids.theirs = await arrangeOrganization(
    gateway.admin,
    gateway.theirs.id,
    'contoso',
    gateway.theirs.members.owner.userId,
  );
  for (const organization of [gateway.ours, gateway.theirs]) {
    for (const { apiKey } of Object.values(organization.members)) secrets.push(apiKey, apiKey.slice(10, 40));
  }
  spoiledKeys.expired = await gateway.spoilKey(`"expiresAt" = now()`);
  spoiledKeys.disabled = await gateway.spoilKey('enabled = false');
  secrets.push(testPassword, canary, ...Object.values(spoiledKeys));
  // Whoever is signed in for what no key may do, is so before: sessions are rows too.
  for (const as of [...roleSchema.options, gateway.theirs.members.owner])
    await gateway.call('GET', '/v1/sign-in-provider', { as });
  rowsBefore = await hashRows();
}, 90_000);
afterAll(() => gateway.close());

describe('the table', () => {
  it('has every operation of the OpenAPI document but those of a directory, which speak SCIM, and no other', async () => {
    const { json } = await gateway.call('GET', '/v1/openapi.json', { as: null });
    const described = Object.entries(json.paths as Record<string, object>)
      .filter(([path]) => !path.startsWith('/scim/'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect(Object.keys(operations).sort()).toEqual(described.sort());
  });

  it('declares in the document every problem that is answered', async () => {
    const { json } = await gateway.call('GET', '/v1/openapi.json', { as: null });
    for (const { name, operation } of table) {
      const [method = '', path = ''] = name.split(' ');
      const { responses } = json.paths[path][method.toLowerCase()];
      const codes = [
        ...(operation.wrongBodies ?? []),
        ...(operation.wrongQueries ?? []),
        ...(operation.wrongHeaders ?? []),
      ].map((wrong) => wrong.at(-1) as ErrorCode);
      for (const code of codes) {
        expect(responses[errorCatalogue[code].status]?.description, `${name}: ${code}`).toContain(`\`${code}\``);
      }
    }
  });
});

describe.each(guarded)('$name without a good key', ({ method, operation }) => {
  const ask = (headers: Record<string, string>): Promise<Answer> =>
    gateway.call(method, pathOf(operation, ids.ours), { as: null, body: operation.body, headers });

  it.each([
    ['no key', {}],
    ['a forged key', { authorization: `Bearer sena_${canary}` }],
    ['a key in another scheme', { authorization: `Basic ${Buffer.from(`x:${canary}`).toString('base64')}` }],
    ['a forged token', { authorization: `Bearer ey.${canary}.x` }],
    ['a forged session', { cookie: `sena.session_token=${canary}.${canary}` }],
  ] as const)('%s', async (_what, headers) => {
    const answer = await ask(headers);
    expectProblem(answer, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sena"');
  });

  it.each(['expired', 'disabled'] as const)('an %s key', async (what) => {
    expectProblem(await ask({ authorization: `Bearer ${spoiledKeys[what]}` }), 'unauthenticated');
  });
});

describe('a role that may not', () => {
  it.each(restricted)('$role: $name', async ({ method, operation, role }) => {
    const answer = await gateway.call(method, pathOf(operation, ids.ours), { as: role, body: operation.body });
    expectProblem(answer, 'forbidden');
  });
});

describe.each(withId)('$name of something else', ({ method, operation }) => {
  it.each<[string, () => string]>([
    ['another organization', () => ids.theirs[operation.id as keyof ArrangedIds]],
    ['nobody', () => ids.ours[operation.id as keyof ArrangedIds].replace(/[0-9a-f]{12}$/, '000000000000')],
    ['another kind', () => newId('user')],
    ['no shape', () => canary],
    ['SQL', () => encodeURIComponent(`' or 1=1 --`)],
    ['NUL', () => 'run_%00'],
    ['great length', () => 'x'.repeat(3_000)],
    ['a parent directory', () => '..%2f..%2fetc%2fpasswd'],
  ])('an id of %s is not found', async (_what, id) => {
    const answer = await gateway.call(method, operation.path.replace('{id}', id()), { body: operation.body });
    expectProblem(answer, 'not_found');
  });

  it('an id that can not be decoded is a bad request', async () => {
    const answer = await gateway.call(method, operation.path.replace('{id}', '%E0%A4%A'), { body: operation.body });
    expectProblem(answer, 'bad_request');
  });
});

describe.each(withBody)('$name with a body that is none', ({ method, operation }) => {
  const send = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    gateway.call(method, pathOf(operation, ids.ours), {
      as: operation.roles === 'public' ? null : 'owner',
      body,
      headers,
    });

  it.each([
    ['broken JSON', `{"${canary}"`, 'bad_request'],
    ['a poisoned prototype', '{"__proto__":{"x":1}}', 'bad_request'],
    ['an array', '[]', 'validation_failed'],
    ['null', 'null', 'validation_failed'],
    ['a string', `"${canary}"`, 'validation_failed'],
    ['a number', '1', 'validation_failed'],
    ['nested without end', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'bad_request'],
    ['nested without end in a field', `{"kind":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}`, 'bad_request'],
    ['too large', `"${'x'.repeat(300_000)}"`, 'payload_too_large'],
  ] as const)('%s', async (_what, body, code) => {
    expectProblem(await send(body), code);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'as %s',
    async (type) => {
      expectProblem(await send(JSON.stringify(operation.body), { 'content-type': type }), 'unsupported_media_type');
    },
  );
});

describe('brackets', () => {
  it('without end are refused where no body is wanted, too', async () => {
    const answer = await gateway.call('POST', '/api/auth/sign-out', { body: '['.repeat(10_000) });
    expectProblem(answer, 'bad_request');
  });

  it('of a text are text', async () => {
    const answer = await gateway.call('POST', '/v1/runs', { body: { ...ask, prompt: `\\"${'['.repeat(100)}`, x: 1 } });
    // Read, and refused for the field that nobody knows: nothing is stored.
    expectProblem(answer, 'validation_failed');
  });
});

describe('no body', () => {
  const emptyJson = { 'content-type': 'application/json' };

  it.each(bodyRequired)('where one is required is refused: $name', async ({ method, operation }) => {
    const as = operation.roles === 'public' ? null : 'owner';
    const path = pathOf(operation, ids.ours);
    expectProblem(await gateway.call(method, path, { as }), 'validation_failed');
    expectProblem(await gateway.call(method, path, { as, body: '', headers: emptyJson }), 'validation_failed');
  });

  // Bodies are judged before anything is looked up: whoever gets as far as `not_found` had nothing wrong with theirs.
  it.each(bodyOptional)('where one is optional is fine: $name', async ({ method, operation }) => {
    const path = pathOf(operation, ids.theirs);
    expectProblem(await gateway.call(method, path, { body: operation.wrongBodies?.[0]?.[1]() }), 'validation_failed');
    // Without an id there is nothing to look up, and it would happen.
    if (operation.id === undefined) return;
    expectProblem(await gateway.call(method, path), 'not_found');
    expectProblem(await gateway.call(method, path, { body: '', headers: emptyJson }), 'not_found');
  });
});

describe.each(table.filter(({ operation }) => operation.wrongBodies))('$name', ({ method, operation }) => {
  it.each(operation.wrongBodies ?? [])('%s', async (_what, body, code) => {
    const as = operation.roles === 'public' ? null : operation.id === 'approval' ? 'approver' : 'owner';
    const answer = await gateway.call(method, pathOf(operation, ids.ours), { as, body: body() });
    expectProblem(answer, code);
    if (code === 'validation_failed' && !operation.path.startsWith('/api/auth')) {
      expect(answer.json.fields?.length ?? 0).toBeGreaterThan(0);
    }
  });
});

describe.each(table.filter(({ operation }) => operation.wrongQueries))('$name', ({ method, operation }) => {
  it.each(operation.wrongQueries ?? [])('?%s', async (query, code) => {
    expectProblem(await gateway.call(method, `${pathOf(operation, ids.ours)}?${query}`), code);
  });
});

describe.each(table.filter(({ operation }) => operation.wrongHeaders))('$name', ({ method, operation }) => {
  it.each(operation.wrongHeaders ?? [])('%s: %s', async (name, value, code) => {
    const answer = await gateway.call(method, pathOf(operation, ids.ours), {
      body: operation.body,
      headers: { [name]: value },
    });
    expectProblem(answer, code);
  });
});

describe('an address that is not there', () => {
  it.each(['/', '/v1', '/v2/runs', '/v1/users', `/v1/${canary}-${'x'.repeat(60)}`, '/api/auth/sign-up/email'])(
    '%s',
    async (path) => {
      expectProblem(await gateway.call('GET', path), 'not_found');
    },
  );

  it.each([
    'organization/create',
    'organization/invite-member',
    'organization/update-member-role',
    'api-key/create',
    'api-key/verify',
    'update-user',
    'delete-user',
    'sign-up/email',
  ])('better-auth’s %s is closed', async (path) => {
    expectProblem(await gateway.call('POST', `/api/auth/${path}`, { body: {} }), 'not_found');
  });

  it('knows its methods', async () => {
    const answer = await gateway.call('DELETE', '/v1/runs');
    expectProblem(answer, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe('GET, POST');
    expectProblem(await gateway.call('PATCH', `/v1/runs/${ids.ours.run}`), 'method_not_allowed');
  });
});

describe('after all of it', () => {
  it('nothing was stored, changed or deleted', async () => {
    expect(await hashRows()).toEqual(rowsBefore);
    const { rows } = await gateway.admin.query(
      `select (select status from sena.approvals where id = $1) as approval, (select cancel_requested_at from sena.runs where id = $2)
         as cancelled, (select revoked_at from sena.satellites where id = $3) as revoked`,
      [ids.theirs.approval, ids.theirs.run, ids.theirs.satellite],
    );
    expect(rows[0]).toEqual({ approval: 'pending', cancelled: null, revoked: null });
  });

  it('nothing secret was logged, and every refusal was', () => {
    const log = gateway.log.join('');
    for (const secret of secrets) expect(log).not.toContain(secret);
    expect(log).toContain('"code":"unauthenticated"');
    expect(log).toContain('"route":"/v1/runs"');
  });

  it('nothing failed inside', () => {
    expect(gateway.log.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  });
});

function pathOf(operation: Operation, of: ArrangedIds): string {
  return operation.id === undefined ? operation.path : operation.path.replace('{id}', of[operation.id]);
}

function expectProblem(answer: Answer, code: ErrorCode): void {
  expect(answer.json?.code, answer.text.slice(0, 500)).toBe(code);
  expect(answer.status).toBe(errorCatalogue[code].status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const problem = problemSchema.parse(answer.json);
  expect(problem).toMatchObject({ status: answer.status, type: `urn:sena:problem:${code}` });
  expect(problem.detail).toMatch(/[.!]$/);
  expect(answer.text).not.toMatch(/at .*\.(ts|js|mjs):\d|select |insert |violates|sena_app/i);
}

/** By table: how many rows there are, and a hash of all that is in them. Wrong guesses are counted, and when a key was last used is noted. */
async function hashRows(): Promise<Record<string, string>> {
  const tables = await gateway.admin.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('sena', 'identity') and tablename <> 'sign_in_failures' order by 1`,
  );
  const hashes: Record<string, string> = {};
  for (const { name } of tables.rows) {
    const { rows } = await gateway.admin.query<{ hash: string }>(
      `select count(*) || ' rows, ' || md5(coalesce(string_agg(row::text, chr(10) order by row::text), '')) as hash
       from (select to_jsonb(kept) - 'lastRequest' as row from ${name} as kept) as rows`,
    );
    hashes[name] = rows[0]?.hash ?? '';
  }
  expect(Object.keys(hashes).length).toBeGreaterThan(25);
  return hashes;
}
