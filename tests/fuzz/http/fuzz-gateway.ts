// Draws requests by thousands and holds the answers against what is promised: none of 5xx, none left without an answer, and a well-formed
// request is answered as ever, before and after. Entered by run-fuzz.
import { encodeCursor } from '@sena/contracts/http/cursor';
import { arrangeOrganization, directoryTokenOf } from '../../../services/gateway/src/fixtures/arrange-organization.ts';
import { listOperations } from '../../../services/gateway/src/fixtures/sample-requests.ts';
import { seededRandom } from '../../faults/seeded-random.ts';
import { type FuzzCloud, password, publicUrl, type SeededPerson } from '../world/start-fuzz-cloud.ts';
import { type Break, breaks, type Drawing, type DrawnRequest, drawRequest } from './draw-request.ts';
import { type RawAnswer, sendRaw } from './send-raw.ts';

const atOnce = 16;
/** What is fuzzed away (a node, a key, a session) is there again. */
const requestsARound = 2_000;
/** The database of a machine that is shared with others. */
const answerMsMax = 20_000;

/** What better-auth answers itself, and the document does not describe. */
const authOperations = [
  ['POST', '/api/auth/sign-in/email', { email: 'a@b.test', password: 'x', rememberMe: true, callbackURL: '/' }],
  ['POST', '/api/auth/sign-out', {}],
  ['GET', '/api/auth/get-session', null],
  ['POST', '/api/auth/change-password', { newPassword: 'x', currentPassword: 'y', revokeOtherSessions: true }],
  ['GET', '/api/auth/list-sessions', null],
  ['POST', '/api/auth/revoke-other-sessions', {}],
] as const;

export interface GatewayFuzz {
  readonly requests: number;
  readonly operations: number;
  readonly byBreak: Readonly<Record<Break, Tally>>;
  /** Answers by status, and ends without one. */
  readonly byEnd: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

interface Tally {
  sent: number;
  accepted: number;
  refused: number;
  closed: number;
}

/** The first requests are one of each. */
const kindsOfBreak = Object.keys(breaks) as Break[];

export async function fuzzGateway(
  cloud: FuzzCloud,
  { seed, requests, stopAtMs, say }: { seed: number; requests: number; stopAtMs: number; say(line: string): void },
): Promise<GatewayFuzz> {
  const { port } = cloud.gateway.ready;
  const problems: string[] = [];
  const byEnd: Record<string, number> = {};
  const byBreak = Object.fromEntries(
    kindsOfBreak.map((name) => [name, { sent: 0, accepted: 0, refused: 0, closed: 0 }]),
  ) as unknown as Record<Break, Tally>;
  let sent = 0;
  let operations = 0;

  function note(drawn: DrawnRequest, answer: RawAnswer, index: number): void {
    sent += 1;
    const tally = byBreak[drawn.broken];
    tally.sent += 1;
    const what = answer.kind === 'answered' ? String(answer.status) : answer.kind;
    byEnd[what] = (byEnd[what] ?? 0) + 1;
    if (answer.kind !== 'answered') tally.closed += 1;
    else if (answer.status >= 400) tally.refused += 1;
    else tally.accepted += 1;
    const where = () => {
      const request = Buffer.concat(drawn.pieces).subarray(0, 700).toString('latin1');
      const { method, path } = drawn.operation;
      return `request ${index} of seed ${seed} (${method} ${path}, ${drawn.broken}): ${JSON.stringify(answer).slice(0, 400)} to ${JSON.stringify(request)}`;
    };
    if (answer.kind === 'answered' && answer.status >= 500) problems.push(where());
    if (answer.kind === 'silent') problems.push(`no answer within ${answerMsMax} ms: ${where()}`);
    if (answer.kind === 'closed' && drawn.isReadable && Buffer.concat(drawn.pieces).length < 100_000) {
      problems.push(`closed without an answer: ${where()}`);
    }
  }

  const isLate = () => performance.now() > stopAtMs;
  for (let round = 0; sent < requests && !isLate(); round += 1) {
    const drawing = await arrangeRound(cloud, round);
    operations = drawing.operations.length;
    await checkControl(port, drawing, problems);
    const from = sent;
    let next = from;
    const until = Math.min(requests, from + requestsARound);
    const work = async () => {
      while (next < until && !isLate()) {
        const index = next;
        next += 1;
        const drawn = drawRequest(drawing, seededRandom(seed, 'request', index), kindsOfBreak[index]);
        const answers = await Promise.all(
          Array.from({ length: drawn.copies }, () => sendRaw(port, drawn, answerMsMax)),
        );
        for (const answer of answers) note(drawn, answer, index);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    if (cloud.gateway.ended() !== null) {
      problems.push(`the gateway ended (${cloud.gateway.ended()}): ${cloud.gateway.lines.slice(-5).join(' | ')}`);
      break;
    }
    say(`gateway: ${sent} requests, ${problems.length} problems`);
  }
  // As before all of it.
  await checkControl(port, await arrangeRound(cloud, 'after'), problems);
  for (const [message, { count, first }] of cloud.gateway.errors)
    problems.push(`logged ${count} times as an error: ${message}: ${first}`);
  return { requests: sent, operations, byBreak, byEnd, problems };
}

async function arrangeRound(
  cloud: FuzzCloud,
  round: number | string,
): Promise<Drawing & { readonly owner: SeededPerson }> {
  const owner = await cloud.seed(`northwind-${round}`, 'owner');
  const [operator, theirs] = await Promise.all([
    cloud.seed(`northwind-${round}`, 'operator'),
    cloud.seed(`contoso-${round}`, 'owner'),
  ]);
  const ours = await arrangeOrganization(cloud.admin, owner.organizationId, `northwind-${round}`, owner.userId);
  const others = await arrangeOrganization(cloud.admin, theirs.organizationId, `contoso-${round}`, theirs.userId);
  const { port } = cloud.gateway.ready;
  const session = await signIn(port, owner.email);
  const response = await fetch(`http://127.0.0.1:${port}/v1/openapi.json`);
  const described = listOperations(await response.json());
  const hidden = authOperations.map(([method, path, body]) => ({
    ...{ method, path, isPublic: false, parameters: [] },
    body: body === null ? null : { const: body },
  }));
  const known = [...Object.values(ours), ...Object.values(others), owner.organizationId, owner.userId];
  const cursors = [
    ...known.slice(0, 6).map((id) => encodeCursor([id])),
    encodeCursor(['2026-01-01T00:00:00.000Z', ours.run]),
    encodeCursor(['999999999999999999999999', ours.run]),
    encodeCursor([`northwind-${round}-node`, ours.node]),
    encodeCursor(['1', '2', '3', '4']),
  ];
  return {
    operations: [...described, ...hidden],
    words: (place) => wordsByPlace(known, cursors, round)[place] ?? [...known, ...cursors, '*', 'uptime', '10.0.0.9'],
    objects: ours as unknown as Record<string, string>,
    ids: [...known, ...cursors],
    credentials: [
      ['authorization', `Bearer ${owner.apiKey}`],
      ['authorization', `Bearer ${owner.apiKey}`],
      ['authorization', `Bearer ${operator.apiKey}`],
      ['cookie', session],
    ],
    directory: ['authorization', `Bearer ${directoryTokenOf(`northwind-${round}`)}`],
    origin: publicUrl,
    owner,
  };
}

/** As long as a command may be, made of what costs a grammar or a pattern most. */
const longCommands = [
  '{a,',
  'a|',
  'a&',
  'a;',
  '$(',
  '"$(',
  '`',
  '(',
  '{ ',
  '[[',
  '<<A ',
  '>a ',
  '! ',
  'a=b ',
  'a(){ ',
  'if a;then ',
  'case a in ',
  '${a:-',
  '$((',
  'ls *; ',
  '{1..9}',
  'sudo ',
  "'",
  '\\',
  '\n',
].map((piece) => piece.repeat(Math.floor(16_384 / piece.length)));
const longSelectors = ['(', 'not ', 'a=b and ', 'a=b or (', '*', 'a in (b, ', '!', '"'].map((piece) =>
  piece.repeat(Math.floor(2_000 / piece.length)),
);

/** What a text may be where the name of its place says what it is; any other place takes anything. */
function wordsByPlace(known: readonly string[], cursors: readonly string[], round: number | string) {
  const now = Date.now();
  const words: Record<string, readonly string[]> = {
    cursor: cursors,
    selector: ['*', `name=northwind-${round}-node`, `owner=northwind-${round}-label`, 'owner=nobody', ...longSelectors],
    name: Array.from({ length: 20 }, (_, index) => `name-${now % 100_000}-${index}`),
    command: [
      'uptime',
      'systemctl restart nginx',
      'cat /etc/shadow | head',
      'echo "$(id)" > /tmp/x',
      'for i in 1 2; do echo $i; done',
      ...longCommands,
    ],
    prompt: ['why is web-01 slow?', 'restart everything'],
    address: ['10.0.0.9', 'web-01.example.org', 'fd00::1'],
    hostKey: [`SHA256:${'A'.repeat(43)}`],
    actionDigest: [`sha256:${'0'.repeat(64)}`],
    'idempotency-key': Array.from({ length: 20 }, (_, index) => `key-${now % 10_000}-${index}`),
    'last-event-id': ['0', '1', '5'],
    after: ['0', '1', '5'],
    range: ['bytes=0-', 'bytes=0-9', 'bytes=-5'],
    email: ['someone@northwind.test'],
    password: [password],
    token: known.map((id) => `sena_join_${id}`),
  };
  return words;
}

export async function signIn(port: number, email: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: publicUrl,
      'x-forwarded-for': `172.16.0.${Date.now() % 250}`,
    },
    body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) throw new Error(`signing in was answered with ${answer.status}: ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}

/** What is right is taken, in every way of showing who one is. */
async function checkControl(
  port: number,
  { owner, credentials }: Drawing & { owner: SeededPerson },
  problems: string[],
): Promise<void> {
  for (const [name, value] of credentials) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/me`, { headers: { [name]: value } });
    const text = await answer.text();
    if (answer.status !== 200 || !text.includes(owner.organizationId)) {
      problems.push(`the control GET /v1/me by ${name} was answered with ${answer.status}: ${text.slice(0, 200)}`);
    }
  }
}
