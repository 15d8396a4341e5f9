import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { newId } from '@sena/contracts/ids';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';
import { parseRange } from './routes/executions/parse-range.ts';

let gateway: TestGateway;
const execution = randomUUID();
const run_id = newId('run');
const chunkBytes = 262_144;
/** Not a multiple of anything; invalid UTF-8, NUL and ANSI among it. */
const stdout = Buffer.concat([Buffer.from('\u001b[31m\0\n'), randomBytes(2_500_001), Buffer.from([0xff, 0xfe])]);
const stderr = Buffer.from([0x00, 0xc3, 0x28, 0x0a]);

const insert = (table: string, row: Record<string, unknown>) => {
  const columns = { organization_id: gateway.ours.id, ...row };
  const places = Object.keys(columns).map((_, i) => `$${i + 1}`);
  return gateway.admin.query(
    `insert into sena.${table} (${Object.keys(columns).join(', ')}) values (${places.join(', ')})`,
    Object.values(columns),
  );
};
const insertChunk = (attempt: number, offset: number, data: Uint8Array) =>
  gateway.admin.query(
    `insert into sena.output_chunks (organization_id, output_month, execution_id, attempt, stream, byte_offset, data)
     select $1, output_month, id, $3, 'stdout', $4, $5 from sena.executions where id = $2`,
    [gateway.ours.id, execution, attempt, offset, data],
  );

beforeAll(async () => {
  gateway = await openTestGateway(['viewer']);
  const [site_id, satellite_id, dispatch_id] = [newId('site'), newId('sat'), newId('disp')];
  const login = { address: '10.0.0.1', port: 22, run_as: 'root', credential: 'default' };
  await insert('sites', { id: site_id, name: 'berlin' });
  await insert('satellites', { id: satellite_id, site_id, name: 'sat', public_key: 'x', fingerprint: 'f' });
  await insert('runs', { id: run_id, kind: 'ask', prompt: 'x', requested_by: 'member:x', requested_by_name: 'x' });
  await insert('dispatches', {
    ...{
      id: dispatch_id,
      run_id,
      step: 's',
      satellite_id,
      shell: 'sh',
      command: 'id',
      command_sha256: 'x',
      limits: '{}',
    },
    ...{ read_only: true, expires_at: '2099-01-01', total: 1, pending: 0 },
  });
  await insert('executions', { id: execution, run_id, dispatch_id, step: 's', node_id: 'n', node_name: 'n', ...login });
  const audit_event_id = newId('audit');
  await insert('audit_events', { id: audit_event_id, action: 'results.recorded', actor: 'x', subject: run_id });
  await insert('outcomes', {
    audit_event_id,
    ...{ execution_id: execution, run_id, revision: 1, attempt: 1, kind: 'exited', exit_code: 0, group_hash: 'g' },
    ...{ stdout_bytes: stdout.length, stderr_bytes: stderr.length, stderr_inline: stderr },
  });
  await insert('output_streams', {
    ...{ execution_id: execution, attempt: 1, stream: 'stdout', committed_bytes: stdout.length },
  });
  for (let offset = 0; offset < stdout.length; offset += chunkBytes) {
    await insertChunk(1, offset, stdout.subarray(offset, offset + chunkBytes));
  }
});
afterAll(() => gateway.close());

async function read(range: string | null, stream = 'stdout') {
  const answer = await fetch(`${gateway.url}/v1/executions/${execution}/output?stream=${stream}`, {
    headers: {
      authorization: `Bearer ${gateway.ours.members.viewer.apiKey}`,
      ...(range === null ? {} : { range }),
    },
  });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('output', () => {
  it('comes whole, as the command wrote it, never as a page', async () => {
    const { status, headers, bytes } = await read(null);
    expect(status).toBe(200);
    expect(sha256(bytes)).toBe(sha256(stdout));
    expect(headers.get('content-length')).toBe(String(stdout.length));
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${execution}.stdout"`);
    expect((await read(null, 'stderr')).bytes).toEqual(stderr);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=262143-262144', 262_143, 262_145],
    ['bytes=1048570-2097200', 1_048_570, 2_097_201],
    ['bytes=2500000-', 2_500_000, stdout.length],
    ['bytes=-5', stdout.length - 5, stdout.length],
    ['bytes=2500000-99999999', 2_500_000, stdout.length],
  ] as const)('comes in part: %s', async (range, start, end) => {
    const { status, headers, bytes } = await read(range);
    expect(status).toBe(206);
    expect(headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${stdout.length}`);
    expect(sha256(bytes)).toBe(sha256(stdout.subarray(start, end)));
  });

  it('beyond its end is refused, with its size', async () => {
    const { status, headers } = await read(`bytes=${stdout.length}-`);
    expect(status).toBe(416);
    expect(headers.get('content-range')).toBe(`bytes */${stdout.length}`);
  });

  it.each(['lines=0-1', 'bytes=1-0', 'bytes=0-1,3-4', 'bytes=-', 'x'])('ignores %j as HTTP says', async (range) => {
    expect((await read(range, 'stderr')).status).toBe(200);
  });

  // These two change what is stored: they come last.
  it('is of one attempt, also when another one is shown meanwhile', async () => {
    const reading = await readWhile(async () => {
      await insert('outcomes', {
        ...{ audit_event_id: newId('audit'), execution_id: execution, run_id, revision: 2, attempt: 2, kind: 'exited' },
        ...{ exit_code: 0, group_hash: 'g', stdout_bytes: stdout.length },
      });
      await insert('output_streams', {
        ...{ execution_id: execution, attempt: 2, stream: 'stdout', committed_bytes: stdout.length },
      });
      for (let offset = 0; offset < stdout.length; offset += chunkBytes) {
        await insertChunk(2, offset, Buffer.alloc(Math.min(chunkBytes, stdout.length - offset), 'b'));
      }
    });
    expect(reading).toMatchObject({ status: 200, bytes: { length: stdout.length } });
    expect(sha256((reading as { bytes: Buffer }).bytes)).toBe(sha256(stdout));
    expect((await read(null)).bytes.subarray(0, 3).toString()).toBe('bbb');
  });

  it('that is gone meanwhile breaks off, and does not end as if it were whole', async () => {
    const reading = await readWhile(() =>
      gateway.admin.query('delete from sena.output_chunks where execution_id = $1 and byte_offset >= 1048576', [
        execution,
      ]),
    );
    expect(reading).toBeInstanceOf(Error);
  });
});

/** A download that has said how much comes, and does not have its first piece before `act` is done. */
async function readWhile(act: () => Promise<unknown>) {
  await gateway.admin.query('begin');
  await gateway.admin.query('lock table sena.output_chunks in access exclusive mode');
  const reading = read(null).catch((error: Error) => error);
  await eventually('the download waits for its first piece', async () => {
    const waiting = await gateway.admin.query(
      `select 1 from pg_locks where not granted and relation = 'sena.output_chunks'::regclass`,
    );
    return waiting.rowCount === 1;
  });
  await act();
  await gateway.admin.query('commit');
  return reading;
}

describe('a range of nothing', () => {
  it('can not be satisfied', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-0', 10)).toBe('unsatisfiable');
    expect(parseRange(undefined, 0)).toBeNull();
  });
});
