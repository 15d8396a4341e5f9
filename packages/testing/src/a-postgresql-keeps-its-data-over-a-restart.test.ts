import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgresServer();
});
afterAll(() => server.stop());

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

test('answers over TCP and over its Unix socket', async () => {
  const overSocket = `postgresql://postgres:test@/postgres?host=${server.socketDirectory}&port=${server.port}`;
  expect(await ask(server.adminUrl, 'select inet_server_port() as port')).toEqual({ port: server.port });
  expect(await ask(overSocket, 'select inet_server_port() as port')).toEqual({ port: null });
});

test('keeps its data and its port over a restart, and cuts every connection', async () => {
  await ask(server.adminUrl, 'create table kept as select 1 as n');
  const client = new Client({ connectionString: server.adminUrl });
  await client.connect();
  const cut = new Promise((resolve) => client.on('error', resolve));
  await server.restart();
  await cut;
  expect(await ask(server.adminUrl, 'select n from kept')).toEqual({ n: 1 });
});

test('leaves no data directory behind', async () => {
  const other = await startPostgresServer();
  expect(existsSync(other.socketDirectory)).toBe(true);
  await other.stop();
  expect(existsSync(other.socketDirectory)).toBe(false);
});
