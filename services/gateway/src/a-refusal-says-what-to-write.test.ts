// A 422 with one wrong field says in its detail what that field has to be; a 404 says of which kind there is nothing, in the same words
// whether it is another organization's, was never there, or is no id.
import { newId } from '@sena/contracts/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArrangedIds, arrangeOrganization } from './fixtures/arrange-organization.ts';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let theirs: ArrangedIds;
beforeAll(async () => {
  gateway = await openTestGateway();
  const { admin, theirs: other } = gateway;
  theirs = await arrangeOrganization(admin, other.id, 'contoso', other.members.owner.userId);
});
afterAll(() => gateway.close());

const ask = async (body: object) => (await gateway.call('POST', '/v1/runs', { body })).json;

describe('the detail of a 422', () => {
  it.each([
    ['a kind that there is not', { kind: 'shell', command: 'ls' }, /`ask`.*`command`.*`runbook`/],
    ['no kind', { prompt: 'why?' }, /`ask`.*`command`.*`runbook`/],
    ['an empty question', { kind: 'ask', prompt: ' ' }, /^The question is empty\. Write what you want to know/],
    ['an empty command', { kind: 'command', command: '', selector: '*' }, /^The command is empty\./],
    ['a question ahead', { kind: 'ask', prompt: 'why?', startAt: '2030-01-01T00:00:00Z' }, /can’t be asked ahead/],
    ['an open quote', { kind: 'command', command: 'echo "x', selector: '*' }, /^A quote is not closed; close it/],
    ['a field of another type', { kind: 'ask', prompt: 7 }, /^Correct prompt: .*\. Then send the request again\.$/],
    ['two fields', { kind: 'command', command: 7 }, /^Correct command, selector and send the request again\.$/],
  ])('%s', async (_, body, detail) => {
    const problem = await ask(body);
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(problem.detail).toMatch(detail);
  });
});

describe('the detail of a 404', () => {
  it.each([
    ['run', '/v1/runs/{id}', 'There is no run with this id. See GET /v1/runs.'],
    ['run', '/v1/runs/{id}/executions', 'There is no run with this id. See GET /v1/runs.'],
    ['approval', '/v1/approvals/{id}', 'There is no approval with this id. See GET /v1/approvals.'],
  ] as const)('%s of %s', async (thing, address, detail) => {
    for (const id of [theirs[thing], newId(thing === 'run' ? 'run' : 'appr'), 'no-id', 'x'.repeat(300)]) {
      const { status, json } = await gateway.call('GET', address.replace('{id}', id));
      expect([id, status, json.detail]).toEqual([id, 404, detail]);
    }
  });
});
