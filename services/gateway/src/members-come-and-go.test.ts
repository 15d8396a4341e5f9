// Members, invitations and organizations over the API: who may make whom what, and that leaving is at once.
import { newId } from '@sena/contracts/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway, testPassword, testPublicUrl } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
}, 60_000);
afterAll(() => gateway.close());

const idOf = (role: 'owner' | 'admin' | 'operator' | 'approver' | 'viewer') => gateway.ours.members[role].userId;
const change = (as: 'owner' | 'admin', id: string, body: object) =>
  gateway.call('PATCH', `/v1/members/${id}`, { as, body });
const invite = (body: object, as: 'owner' | 'admin' = 'owner') => gateway.call('POST', '/v1/invitations', { as, body });
const tokenOf = (link: string) => new URL(link).hash.slice(1);
const accept = (body: object, headers: Record<string, string> = {}) =>
  gateway.call('POST', '/v1/invitations/accept', { as: null, body, headers });

async function signIn(email: string, password = testPassword): Promise<string> {
  const answer = await gateway.call('POST', '/api/auth/sign-in/email', { as: null, body: { email, password } });
  expect(answer.status, answer.text).toBe(200);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}
const withCookie = (method: string, path: string, cookie: string, body?: object) =>
  gateway.call(method, path, { as: null, body, headers: { cookie, origin: testPublicUrl } });

/** A new member of ours, by invitation. */
async function join(role: string, scope: string | null = null) {
  const email = `${newId('user').slice(5, 23)}${Math.random().toString(36).slice(2)}@northwind.test`;
  const body = { email, role, scope };
  const { json } =
    role === 'owner'
      ? await withCookie('POST', '/v1/invitations', await signIn(gateway.ours.members.owner.email), body)
      : await invite(body);
  const joined = await accept({ token: tokenOf(json.link), name: 'Nia', password: testPassword });
  expect(joined.status, joined.text).toBe(200);
  const listed = await gateway.call('GET', '/v1/members?limit=500');
  const { id } = listed.json.items.find((member: { email: string }) => member.email === email);
  return { email, id: id as string, cookie: await signIn(email) };
}

describe('an invitation', () => {
  it('makes a member with its role and scope, once', async () => {
    const { status, json } = await invite({ email: 'New@Northwind.test', role: 'operator', scope: 'env=staging' });
    expect(status).toBe(201);
    expect(json.link).toMatch(/^http:\/\/localhost:4700\/invitation#sena_invite_[\w-]{43}$/);
    const token = tokenOf(json.link);
    const seen = await gateway.call('POST', '/v1/invitations/lookup', { as: null, body: { token } });
    expect(seen.json).toMatchObject({
      ...{ organization: 'Northwind', email: 'new@northwind.test', role: 'operator', scope: 'env=staging' },
    });
    expect((await accept({ token })).json.code).toBe('unauthenticated');
    const racing = await Promise.all([1, 2, 3].map(() => accept({ token, name: 'Nia', password: testPassword })));
    expect(racing.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const me = await withCookie('GET', '/v1/me', await signIn('new@northwind.test'));
    expect(me.json).toMatchObject({ role: 'operator', scope: 'env=staging', organization: { id: gateway.ours.id } });
    expect((await accept({ token, name: 'Eve', password: testPassword })).json.code).toBe('invitation_invalid');
  });

  it('is kept as a hash, and in no log', async () => {
    const { json } = await invite({ email: 'kept@northwind.test', role: 'viewer' });
    const token = tokenOf(json.link);
    await gateway.call('POST', '/v1/invitations/lookup', { as: null, body: { token } });
    const rows = await gateway.admin.query(
      `select (select json_agg(i)::text from identity.invitations i) || (select json_agg(a)::text from sena.audit_events a)
         || (select json_agg(k)::text from sena.idempotency_keys k) as text`,
    );
    expect(rows.rows[0].text ?? '').not.toContain(token.slice(12));
    expect(gateway.log.join('')).not.toContain(token.slice(12));
    const listed = await gateway.call('GET', '/v1/invitations');
    expect(listed.text).not.toContain(token.slice(12));
    expect(listed.json.items[0]).toMatchObject({ email: 'kept@northwind.test', status: 'pending' });
  });

  it('that was taken back, has expired or was replaced is worth nothing', async () => {
    const one = await invite({ email: 'gone@northwind.test', role: 'viewer' });
    const two = await invite({ email: 'gone@northwind.test', role: 'viewer' });
    const join = (link: string) => accept({ token: tokenOf(link), name: 'Eve', password: testPassword });
    expect((await join(one.json.link)).json.code).toBe('invitation_invalid');
    expect((await gateway.call('DELETE', `/v1/invitations/${two.json.id}`)).status).toBe(204);
    expect((await join(two.json.link)).json.code).toBe('invitation_invalid');
    const three = await invite({ email: 'gone@northwind.test', role: 'viewer' });
    await gateway.admin.query(`update identity.invitations set expires_at = now() where id = $1`, [three.json.id]);
    expect((await join(three.json.link)).json.code).toBe('invitation_invalid');
    const listed = await gateway.call('GET', '/v1/invitations');
    expect(listed.json.items.slice(0, 3).map(({ status }: { status: string }) => status)).toEqual([
      'expired',
      'revoked',
      'revoked',
    ]);
  });

  it('is accepted with the account of its address by that person, signed in, and by nobody else', async () => {
    const theirOwner = gateway.theirs.members.owner;
    const { json } = await invite({ email: theirOwner.email, role: 'viewer' });
    const token = tokenOf(json.link);
    expect((await accept({ token })).json.code).toBe('unauthenticated');
    const someone = await signIn(gateway.ours.members.viewer.email);
    expect((await accept({ token }, { cookie: someone })).json.code).toBe('unauthenticated');
    const cookie = await signIn(theirOwner.email);
    expect((await accept({ token }, { cookie })).status).toBe(200);

    const organizations = await withCookie('GET', '/v1/organizations', cookie);
    expect(organizations.json.items).toEqual([
      { id: gateway.theirs.id, name: 'Contoso', role: 'owner', isCurrent: true },
      { id: gateway.ours.id, name: 'Northwind', role: 'viewer', isCurrent: false },
    ]);
    expect((await withCookie('POST', `/v1/organizations/${gateway.ours.id}/select`, cookie)).status).toBe(204);
    const me = await withCookie('GET', '/v1/me', cookie);
    expect(me.json).toMatchObject({ role: 'viewer', organization: { id: gateway.ours.id } });
    // A key stays where it was made.
    const byKey = { as: { apiKey: theirOwner.apiKey } };
    expect((await gateway.call('GET', '/v1/organizations', byKey)).json.items).toHaveLength(1);
    expect((await gateway.call('POST', `/v1/organizations/${gateway.ours.id}/select`, byKey)).status).toBe(404);
    expect((await gateway.call('DELETE', `/v1/members/${theirOwner.userId}`)).status).toBe(204);
    expect((await withCookie('GET', '/v1/me', cookie)).status).toBe(401);
    expect((await gateway.call('GET', '/v1/me', byKey)).json).toMatchObject({ organization: { name: 'Contoso' } });
  });

  it('is answered alike whether or not another organization knows the address', async () => {
    const known = gateway.theirs.members.owner.email;
    const answers = [];
    for (const email of [known, 'nobody@contoso.test']) {
      const alike = (text: string) =>
        text.replaceAll(email, 'the address').replaceAll(/(inv_|urn:|20\d\d-)[^"]*/g, '…');
      const { json } = await invite({ email, role: 'viewer' });
      const token = tokenOf(json.link);
      const seen = await gateway.call('POST', '/v1/invitations/lookup', { as: null, body: { token } });
      const bare = await accept({ token });
      const joined = await accept({ token, name: 'Eve', password: 'a password of Eve' });
      expect(joined.status, joined.text).toBe(200);
      const again = await invite({ email, role: 'viewer' });
      answers.push([seen, bare, joined, again].map(({ status, text }) => [status, alike(text)]));
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it('keeps nobody out: who it belongs to signs in as before, joins their own organization, and is not the one who took it', async () => {
    const victim = gateway.theirs.members.owner;
    // The other organization has invited this address and accepted itself, before and after.
    const asEve = await signIn(victim.email, 'a password of Eve');
    expect((await withCookie('GET', '/v1/me', asEve)).json).toMatchObject({ organization: { id: gateway.ours.id } });
    expect((await withCookie('GET', '/v1/organizations', asEve)).json.items).toHaveLength(1);
    const asVictim = await signIn(victim.email);
    const me = await withCookie('GET', '/v1/me', asVictim);
    expect(me.json).toMatchObject({ user: { id: victim.userId }, organization: { id: gateway.theirs.id } });

    const squatted = await invite({ email: 'ceo@contoso.test', role: 'viewer' });
    const taken = { token: tokenOf(squatted.json.link), name: 'Mallory', password: 'a password of Mallory' };
    expect((await accept(taken)).status).toBe(200);
    const body = { email: 'ceo@contoso.test', role: 'operator' };
    const rightful = await gateway.call('POST', '/v1/invitations', { as: victim, body });
    const joined = await accept({ token: tokenOf(rightful.json.link), name: 'Cleo', password: testPassword });
    expect(joined.json).toMatchObject({ organizationId: gateway.theirs.id });
    const cleo = await withCookie('GET', '/v1/me', await signIn('ceo@contoso.test'));
    expect(cleo.json).toMatchObject({ user: { name: 'Cleo' }, organization: { id: gateway.theirs.id } });
    const mallory = await withCookie('GET', '/v1/me', await signIn('ceo@contoso.test', taken.password));
    expect(mallory.json).toMatchObject({ user: { name: 'Mallory' }, organization: { id: gateway.ours.id } });
    // Nor does somebody who took the address join elsewhere by it, without a link of that organization.
    const proved = await gateway.admin.query(
      `select distinct "emailVerified" from identity."user" where email = 'ceo@contoso.test'`,
    );
    expect(proved.rows).toEqual([{ emailVerified: false }]);
  });

  it('with the same password in two organizations: whoever signs in may say which', async () => {
    const email = 'twice@example.test';
    const join = async (as: 'owner' | typeof gateway.theirs.members.owner) => {
      const { json } = await gateway.call('POST', '/v1/invitations', { as, body: { email, role: 'viewer' } });
      expect((await accept({ token: tokenOf(json.link), name: 'Twice', password: testPassword })).status).toBe(200);
    };
    await join('owner');
    await join(gateway.theirs.members.owner);
    for (const { id } of [gateway.ours, gateway.theirs]) {
      const answer = await gateway.call('POST', '/api/auth/sign-in/email', {
        as: null,
        body: { email, password: testPassword, organization: id },
      });
      const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] as string;
      expect((await withCookie('GET', '/v1/me', cookie)).json.organization.id).toBe(id);
    }
    const nowhere = { email, password: testPassword, organization: newId('org') };
    expect((await gateway.call('POST', '/api/auth/sign-in/email', { as: null, body: nowhere })).status).toBe(401);
  });

  it('to be an owner is an owner’s to give', async () => {
    const refused = await invite({ email: 'boss@northwind.test', role: 'owner' }, 'admin');
    expect(refused.json).toMatchObject({ code: 'forbidden' });
    const cookie = await signIn(gateway.ours.members.owner.email);
    const invited = await withCookie('POST', '/v1/invitations', cookie, {
      email: 'boss@northwind.test',
      role: 'owner',
    });
    expect(invited.status).toBe(201);
  });

  it('is guessed at ten times from an address, and no more', async () => {
    const own = await openTestGateway(['owner']);
    try {
      const guess = () =>
        own.call('POST', '/v1/invitations/lookup', { as: null, body: { token: `sena_invite_${crypto.randomUUID()}` } });
      for (let i = 0; i < 10; i++) expect((await guess()).json.code).toBe('invitation_invalid');
      expect((await guess()).json.code).toBe('rate_limited');
    } finally {
      await own.close();
    }
  });
});

describe('a role', () => {
  it('changes with the next request', async () => {
    const { id, cookie } = await join('viewer');
    const decide = () => withCookie('POST', `/v1/approvals/${newId('appr')}/decision`, cookie, { decision: 'approve' });
    expect((await decide()).json.code).toBe('forbidden');
    expect((await change('owner', id, { role: 'approver' })).json).toMatchObject({ role: 'approver' });
    expect((await decide()).json.code).toBe('not_found');
    expect((await change('admin', id, { scope: 'env=prod' })).json).toMatchObject({
      role: 'approver',
      scope: 'env=prod',
    });
    expect((await change('admin', id, { role: 'viewer' })).json).toMatchObject({ role: 'viewer', scope: 'env=prod' });
    expect((await change('admin', id, { scope: null })).json).toMatchObject({ scope: null });
    // Whoever is bounded and becomes an admin is bounded no more; whoever is an admin is not to be bounded.
    await change('admin', id, { scope: 'env=prod' });
    expect((await change('owner', id, { role: 'admin' })).json).toMatchObject({ role: 'admin', scope: null });
    expect((await change('owner', id, { scope: 'env=prod' })).json.code).toBe('validation_failed');
  });

  it('with a scope that can not be read is refused at the field where it was written', async () => {
    const { id } = await join('viewer');
    for (const refused of [
      await change('admin', id, { scope: 'env=' }),
      await invite({ email: 'scope@northwind.test', role: 'viewer', scope: 'env=' }),
    ]) {
      expect(refused.json).toMatchObject({ code: 'invalid_selector', fields: [{ path: 'scope' }] });
    }
  });

  it('of an owner is neither given nor taken by an admin', async () => {
    expect((await change('admin', idOf('operator'), { role: 'owner' })).json.code).toBe('forbidden');
    expect((await change('admin', idOf('admin'), { role: 'owner' })).json.code).toBe('forbidden');
    expect((await change('admin', idOf('owner'), { role: 'viewer' })).json.code).toBe('forbidden');
    expect((await gateway.call('DELETE', `/v1/members/${idOf('owner')}`, { as: 'admin' })).json.code).toBe('forbidden');
    const sessions = await gateway.call('DELETE', `/v1/members/${idOf('owner')}/sessions`, { as: 'admin' });
    expect(sessions.json.code).toBe('forbidden');
    // Nor one by one, nor what programs of theirs use.
    const cookie = await signIn(gateway.ours.members.owner.email);
    const listed = await withCookie('GET', '/v1/sessions', cookie);
    const made = await withCookie('POST', '/v1/api-keys', cookie, { name: 'of the owner' });
    for (const path of [`/v1/sessions/${listed.json.items[0].id}`, `/v1/api-keys/${made.json.id}`]) {
      expect((await gateway.call('DELETE', path, { as: 'admin' })).json.code).toBe('forbidden');
      expect((await gateway.call('DELETE', path, { as: 'viewer' })).json.code).toBe('not_found');
    }
    expect((await withCookie('GET', '/v1/me', cookie)).status).toBe(200);
    expect((await gateway.call('GET', '/v1/me', { as: { apiKey: made.json.key } })).status).toBe(200);
    expect((await gateway.call('DELETE', `/v1/api-keys/${made.json.id}`)).status).toBe(204);
  });

  it('of the last owner stays, also when two owners leave at once', async () => {
    expect((await change('owner', idOf('owner'), { role: 'admin' })).json.code).toBe('last_owner');
    expect((await gateway.call('DELETE', `/v1/members/${idOf('owner')}`)).json.code).toBe('last_owner');
    const other = await join('owner');
    const both = await Promise.all([
      change('owner', idOf('owner'), { role: 'admin' }),
      withCookie('PATCH', `/v1/members/${other.id}`, other.cookie, { role: 'admin' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const owners = await gateway.admin.query(
      `select "userId" from identity."member" where "organizationId" = $1 and role = 'owner'`,
      [gateway.ours.id],
    );
    expect(owners.rowCount).toBe(1);
    if (owners.rows[0].userId !== idOf('owner')) {
      await withCookie('PATCH', `/v1/members/${idOf('owner')}`, other.cookie, { role: 'owner' });
    }
    await change('owner', other.id, { role: 'viewer' });
  });
});

describe('a member who is removed', () => {
  it('has no session, no key and no stream a second later', async () => {
    const { id, cookie } = await join('operator');
    const made = await withCookie('POST', '/v1/api-keys', cookie, { name: 'ci' });
    const byKey = { as: { apiKey: made.json.key as string } };
    const run = await withCookie('POST', '/v1/runs', cookie, { kind: 'ask', prompt: 'why?' });
    expect(run.status, run.text).toBe(202);
    const stream = await fetch(`${gateway.url}/v1/runs/${run.json.id}/events`, {
      headers: { authorization: `Bearer ${made.json.key}` },
    });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const removedAtMs = performance.now();
    expect((await gateway.call('DELETE', `/v1/members/${id}`)).status).toBe(204);
    expect((await gateway.call('GET', '/v1/me', byKey)).status).toBe(401);
    expect((await withCookie('GET', '/v1/me', cookie)).status).toBe(401);
    while (!(await reader.read()).done);
    expect(performance.now() - removedAtMs).toBeLessThan(1_000);
    expect((await gateway.call('DELETE', `/v1/members/${id}`)).status).toBe(404);
    const left = await gateway.admin.query(
      `select (select count(*) from identity.apikey where "referenceId" = $1) + (select count(*) from identity.session where "userId" = $1) as n`,
      [id],
    );
    expect(Number(left.rows[0].n)).toBe(0);
  });
});

describe('sessions', () => {
  it('are listed to their member without their tokens, and end at once, one by one', async () => {
    const { email, cookie } = await join('viewer');
    const second = await signIn(email);
    const listed = await withCookie('GET', '/v1/sessions', cookie);
    expect(listed.json.items).toHaveLength(2);
    expect(listed.json.items.map(({ isCurrent }: { isCurrent: boolean }) => isCurrent)).toEqual([false, true]);
    for (const part of [cookie, second]) {
      const token = decodeURIComponent(/session_token=([^.]+)/.exec(part)?.[1] ?? '');
      expect(token.length).toBeGreaterThan(20);
      expect(listed.text).not.toContain(token);
    }
    const other = listed.json.items[0].id;
    expect((await gateway.call('DELETE', `/v1/sessions/${other}`, { as: 'viewer' })).status).toBe(404);
    expect((await withCookie('DELETE', `/v1/sessions/${other}`, cookie)).status).toBe(204);
    expect((await withCookie('GET', '/v1/me', second)).status).toBe(401);
    expect((await withCookie('GET', '/v1/me', cookie)).status).toBe(200);
  });

  it('of a member end for an admin', async () => {
    const { id, cookie, email } = await join('viewer');
    const listed = await gateway.call('GET', `/v1/members/${id}/sessions`, { as: 'admin' });
    expect(listed.json.items).toHaveLength(1);
    expect((await gateway.call('DELETE', `/v1/members/${id}/sessions`, { as: 'admin' })).status).toBe(204);
    expect((await withCookie('GET', '/v1/me', cookie)).status).toBe(401);
    expect(await signIn(email)).toContain('session_token');
  });
});

describe('the audit of an organization', () => {
  it('tells of sign-ins to it alone: not of those of its people elsewhere, and of a move as an end and a beginning', async () => {
    const invited = await invite({ email: 'both@contoso.test', role: 'viewer' });
    const first = { token: tokenOf(invited.json.link), name: 'Bo', password: testPassword };
    expect((await accept(first)).status).toBe(200);
    const cookie = await signIn('both@contoso.test');
    const { json } = await withCookie('GET', '/v1/me', cookie);
    const body = { email: 'both@contoso.test', role: 'viewer' };
    const second = await gateway.call('POST', '/v1/invitations', { as: gateway.theirs.members.owner, body });
    expect((await accept({ token: tokenOf(second.json.link) }, { cookie })).status).toBe(200);
    const events = async (organizationId: string) =>
      (
        await gateway.admin.query(
          `select action, subject from sena.audit_events where organization_id = $1 and actor = $2 and action like 'session.%' order by at, id`,
          [organizationId, `member:${json.user.id}`],
        )
      ).rows;
    await signIn('both@contoso.test');
    expect(await events(gateway.theirs.id)).toEqual([]);
    expect((await withCookie('POST', `/v1/organizations/${gateway.theirs.id}/select`, cookie)).status).toBe(204);
    const [moved] = await events(gateway.theirs.id);
    expect(moved).toMatchObject({ action: 'session.created' });
    expect(await events(gateway.ours.id)).toMatchObject([
      { action: 'session.created', subject: moved.subject },
      { action: 'session.created' },
      { action: 'session.ended', subject: moved.subject },
    ]);
  });
});

describe('what was done to members', () => {
  it('is audited, with the name of who did it', async () => {
    const { id } = await join('viewer');
    await change('admin', id, { role: 'operator', scope: 'env=staging' });
    await gateway.call('DELETE', `/v1/members/${id}`, { as: 'admin' });
    const events = await gateway.admin.query(
      `select action, actor, data from sena.audit_events where subject = $1 and action like 'member.%' order by at, id`,
      [id],
    );
    const admin = `member:${idOf('admin')}`;
    expect(events.rows).toMatchObject([
      { action: 'member.added', actor: `member:${id}`, data: { role: 'viewer' } },
      { action: 'member.role_changed', actor: admin, data: { from: 'viewer', to: 'operator', toScope: 'env=staging' } },
      { action: 'member.removed', actor: admin, data: { role: 'operator' } },
    ]);
    const invited = await gateway.admin.query(
      `select actor from sena.audit_events where action = 'invitation.created' and organization_id = $1 limit 1`,
      [gateway.ours.id],
    );
    expect(invited.rows).toEqual([{ actor: `member:${idOf('owner')}` }]);
  });
});

describe('the list of audit events', () => {
  const listed = async (subject: string) => {
    const { json } = await gateway.call('GET', '/v1/audit-events?limit=200');
    return json.items.filter((event: { subject: string }) => event.subject === subject);
  };

  it('names who did something and what it was done to, as they are called now; who is gone keeps the id alone', async () => {
    const { id, email } = await join('viewer');
    const { json: site } = await gateway.call('POST', '/v1/sites', { body: { name: 'oslo' } });
    const { json: node } = await gateway.call('POST', '/v1/nodes', {
      body: { name: 'oslo-01', siteId: site.id, address: '10.0.0.9' },
    });
    const { json: run } = await gateway.call('POST', '/v1/runs', { body: { kind: 'ask', prompt: 'Is oslo well?' } });
    const ownerName = `owner of Northwind (${gateway.ours.members.owner.email})`;
    expect(await listed(site.id)).toMatchObject([{ actorName: ownerName, subjectName: 'oslo' }]);
    expect(await listed(node.id)).toMatchObject([{ actorName: ownerName, subjectName: 'oslo-01' }]);
    expect(await listed(run.id)).toMatchObject([{ actorName: ownerName, subjectName: 'Is oslo well?' }]);
    expect(await listed(id)).toMatchObject([
      { action: 'member.added', actorName: `Nia (${email})`, subjectName: `Nia (${email})` },
    ]);

    await gateway.call('DELETE', `/v1/members/${id}`, { as: 'admin' });
    expect(await listed(id)).toMatchObject([
      { action: 'member.removed', subject: id, subjectName: null },
      { action: 'member.added', actor: `member:${id}`, actorName: null, subject: id, subjectName: null },
    ]);
    // What is gone is called as the record of its end says.
    await gateway.call('DELETE', `/v1/nodes/${node.id}`, { as: 'admin' });
    expect(await listed(node.id)).toMatchObject([
      { action: 'node.deleted', subjectName: 'oslo-01' },
      { action: 'node.created', subjectName: 'oslo-01' },
    ]);
  });

  it('names nothing of another organization, even where a record holds its ids', async () => {
    const { json: site } = await gateway.call('POST', '/v1/sites', {
      as: gateway.theirs.members.owner,
      body: { name: 'bergen' },
    });
    await gateway.admin.query(
      `insert into sena.audit_events (id, organization_id, action, actor, subject) values ($1, $2, 'site.created', $3, $4)`,
      [newId('audit'), gateway.ours.id, `member:${gateway.theirs.members.owner.userId}`, site.id],
    );
    expect(await listed(site.id)).toMatchObject([{ actorName: null, subjectName: null }]);
  });
});

describe('the list of members', () => {
  it('names each once, a page at a time, also two whose address is one', async () => {
    const twins = [newId('user'), newId('user'), newId('user')];
    for (const id of twins) {
      await gateway.admin.query(
        `insert into identity."user" (id, name, email, "emailVerified") values ($1, 'Twin', 'twin@northwind.test', false)`,
        [id],
      );
      await gateway.admin.query(
        `insert into identity."member" (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'viewer', now())`,
        [newId('memb'), gateway.ours.id, id],
      );
    }
    const all = (await gateway.call('GET', '/v1/members?limit=500')).json.items.map(({ id }: { id: string }) => id);
    expect(all).toEqual(expect.arrayContaining(twins));
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { json } = await gateway.call('GET', `/v1/members?limit=1${after}`);
      for (const { id } of json.items) paged.push(id);
      cursor = json.nextCursor;
    }
    expect(paged).toEqual(all);
  });
});
