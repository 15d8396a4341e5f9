// What stands written of the whole organization while a round of attacks is made: what satellites are said to want, who counts, which rules and keys
// there are. Each puts back what it has changed. Entered by attack-as-superuser.
import { generateKeyPairSync } from 'node:crypto';
import { newId } from '@sena/contracts/ids';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { signKeyStatement } from '@sena/envelope/sign-key-statement';
import type { SeededRandom } from '../../faults/seeded-random.ts';
import type { AnyColumn } from './any-column.ts';
import type { Stage } from './open-stage.ts';

export interface Setting {
  readonly name: string;
  /** Under it the signer signs nothing that the satellites believe: few attacks are enough. */
  readonly isSilent?: true;
  apply(stage: Stage, context: { random: SeededRandom; anyColumn: AnyColumn }): Promise<Undo>;
}
type Undo = () => Promise<unknown>;

const nothing: Undo = () => Promise.resolve();

/** Rows as they are now, and how they come back, whatever becomes of them. */
async function keep({ superuser }: Stage, table: string, where: string, values: unknown[]): Promise<Undo> {
  const kept = await superuser.query<{ row: unknown }>(
    `select to_jsonb(t) as row from ${table} t where ${where}`,
    values,
  );
  return async () => {
    await superuser.query('begin');
    await superuser.query(`lock table ${table}`);
    await superuser.query(`delete from ${table} where ${where}`, values);
    for (const { row } of kept.rows)
      await superuser.query(`insert into ${table} select * from jsonb_populate_record(null::${table}, $1)`, [
        JSON.stringify(row),
      ]);
    await superuser.query('commit');
  };
}

/** Everything by which the signer and satellites know keys. */
async function keepKeys(stage: Stage): Promise<Undo> {
  const of = [stage.organizationId];
  const undos: Undo[] = [];
  for (const table of ['dispatch_keys', 'dispatch_private_keys', 'dispatch_key_statements', 'checkpoint_keys'])
    undos.push(await keep(stage, table, 'organization_id = $1', of));
  return async () => {
    for (const undo of undos) await undo();
  };
}

const ofOurs = 'organization_id = $1';

export const settings: readonly Setting[] = [
  { name: 'everything else as it was', apply: () => Promise.resolve(nothing) },
  {
    name: 'satellites are said to want no passkey, and a site no limit',
    async apply({ superuser, organizationId }) {
      await superuser.query(`update satellites set passkeys_to_change = 0 where ${ofOurs}`, [organizationId]);
      await superuser.query(`update sites set running_max = null where ${ofOurs}`, [organizationId]);
      return () => superuser.query(`update satellites set passkeys_to_change = 1 where ${ofOurs}`, [organizationId]);
    },
  },
  {
    name: 'rules permit everything to everybody',
    async apply(stage) {
      const { superuser, organizationId } = stage;
      const undo = await keep(stage, 'policies', ofOurs, [organizationId]);
      await superuser.query(
        `insert into policies (organization_id, name, text, version, updated_by, updated_by_name) values ($1, 'anything', $2, 1, 'member:x', 'x')`,
        [organizationId, 'permit (principal, action, resource);'],
      );
      return undo;
    },
  },
  {
    name: 'everybody is an owner, strangers too',
    async apply(stage) {
      const { superuser, organizationId, eve } = stage;
      const undo = await keep(stage, 'identity.member', '"organizationId" = $1', [organizationId]);
      await superuser.query(`update identity.member set role = 'owner' where "organizationId" = $1`, [organizationId]);
      await superuser.query(
        `insert into identity.member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'owner', now())`,
        [newId('memb'), organizationId, eve.id],
      );
      return undo;
    },
  },
  {
    name: 'their passkey is registered as Adam’s, for approvals and to sign in',
    async apply({ superuser, adam, eve }) {
      const { credentialId, publicKey } = eve.passkey;
      await superuser.query(
        `insert into identity.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp", purpose)
         values ('pass_forged', $1, $2, $3, 0, 'singleDevice', false, 'approval')`,
        [Buffer.from(publicKey, 'base64url').toString('base64'), adam.id, credentialId],
      );
      // And under the id of the one that Adam has, which the cloud does not know.
      await superuser.query(
        `insert into identity.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp", purpose)
         values ('pass_forged_2', $1, $2, $3, 0, 'singleDevice', false, 'approval')`,
        [Buffer.from(publicKey, 'base64url').toString('base64'), adam.id, adam.passkey.credentialId],
      );
      return () => superuser.query(`delete from identity.passkey where id like 'pass_forged%'`);
    },
  },
  {
    name: 'the functions that the signer asks say that everybody may approve, and that their passkey is everybody’s',
    async apply({ superuser, eve }) {
      const { rows } = await superuser.query<{ text: string }>(
        `select pg_get_functiondef(oid) as text from pg_proc where proname in ('members_with_role', 'passkeys_of_members')`,
      );
      const { publicKey, credentialId } = eve.passkey;
      await superuser.query(
        `grant select on sena.approval_decisions to sena_definer;
         create or replace function sena.members_with_role(roles text[]) returns setof text language sql stable security definer
           as $$ select decided_by from sena.approval_decisions $$;
         create or replace function sena.passkeys_of_members(members text[]) returns table (member text, credential_id text, public_key text)
           language sql stable security definer as $$ select m, '${credentialId}', '${publicKey}' from unnest(members) as m $$`,
      );
      return async () => {
        for (const { text } of rows) await superuser.query(text);
        await superuser.query('revoke select on sena.approval_decisions from sena_definer');
      };
    },
  },
  {
    name: 'satellites are said to be each other, and one that was revoked is back',
    async apply({ superuser, satelliteIds, absentSatelliteId }) {
      const [one, other] = satelliteIds;
      const swap = async () => {
        const { rows } = await superuser.query<{ id: string; public_key: string; fingerprint: string }>(
          'select id, public_key, fingerprint from satellites where id = any($1)',
          [satelliteIds],
        );
        // A fingerprint is there once.
        await superuser.query('update satellites set fingerprint = id where id = any($1)', [satelliteIds]);
        for (const row of rows)
          await superuser.query('update satellites set public_key = $2, fingerprint = $3 where id = $1', [
            ...[row.id === one ? other : one, row.public_key, row.fingerprint],
          ]);
      };
      await swap();
      await superuser.query('update satellites set revoked_at = now() where id = $1', [absentSatelliteId]);
      await superuser.query('update satellites set revoked_at = null where id = $1', [absentSatelliteId]);
      return swap;
    },
  },
  {
    name: 'satellites are said to believe another key',
    async apply({ superuser, organizationId }, { random }) {
      const before = await superuser.query<{ id: string; key: string | null }>(
        `select id, dispatch_key_id as key from satellites where ${ofOurs}`,
        [organizationId],
      );
      await superuser.query(`update satellites set dispatch_key_id = $2 where ${ofOurs}`, [
        organizationId,
        random.pick([null, 'dkey_forged']),
      ]);
      return async () => {
        for (const { id, key } of before.rows)
          await superuser.query('update satellites set dispatch_key_id = $2 where id = $1', [id, key]);
      };
    },
  },
  {
    name: 'a key of their own is the organization’s newest, by a statement that they signed',
    async apply(stage) {
      const { superuser, organizationId } = stage;
      const undo = await keepKeys(stage);
      const key = generateKeyPair();
      await superuser.query(
        `insert into dispatch_keys (id, organization_id, public_key, fingerprint, sequence) values ('dkey_forged', $1, $2, $3, 2)`,
        [organizationId, key.publicKeySpki, key.fingerprint],
      );
      const { rows } = await superuser.query<{ id: string }>(
        `select id from dispatch_keys where ${ofOurs} and id <> 'dkey_forged'`,
        [organizationId],
      );
      const statement = await signKeyStatement(
        {
          ...{
            v: 1,
            kind: 'succession',
            organizationId,
            sequence: 2,
            keyId: 'dkey_forged',
            publicKey: key.publicKeySpki,
          },
          ...{ previousKeyId: rows[0]?.id ?? '', notBefore: new Date().toISOString() },
        },
        { keyId: rows[0]?.id ?? '', privateKey: key.privateKey },
      );
      await superuser.query(
        `insert into dispatch_key_statements (organization_id, sequence, kind, key_id, jws) values ($1, 2, 'succession', 'dkey_forged', $2)`,
        [organizationId, statement],
      );
      return undo;
    },
  },
  {
    name: 'the organization’s public key is theirs',
    async apply(stage) {
      const { superuser, organizationId } = stage;
      const undo = await keepKeys(stage);
      const { publicKeySpki, fingerprint } = generateKeyPair();
      await superuser.query(`update dispatch_keys set public_key = $2, fingerprint = $3 where ${ofOurs}`, [
        ...[organizationId, publicKeySpki, fingerprint],
      ]);
      return undo;
    },
  },
  {
    name: 'the organization’s key is retired, and the signer makes another',
    isSilent: true,
    async apply(stage) {
      const undo = await keepKeys(stage);
      await stage.superuser.query(`update dispatch_keys set retired_at = now() where ${ofOurs}`, [
        stage.organizationId,
      ]);
      return undo;
    },
  },
  {
    name: 'the organization’s keys are gone, and the signer makes new ones',
    isSilent: true,
    async apply(stage) {
      const { superuser, organizationId } = stage;
      const undo = await keepKeys(stage);
      for (const table of ['dispatch_private_keys', 'dispatch_key_statements', 'dispatch_keys'])
        await superuser.query(`delete from ${table} where ${ofOurs}`, [organizationId]);
      return undo;
    },
  },
  {
    name: 'the signer’s key is another organization’s, or one of their own',
    isSilent: true,
    async apply(stage, { random }) {
      const { superuser, organizationId, eve } = stage;
      const undo = await keepKeys(stage);
      const own = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });
      const theirs = await superuser.query<{ ciphertext: Buffer }>(
        `select ciphertext from dispatch_private_keys where ${ofOurs}`,
        [eve.organizationId],
      );
      const ciphertext = random.pick([own, theirs.rows[0]?.ciphertext ?? own]);
      await superuser.query(`update dispatch_private_keys set ciphertext = $2 where ${ofOurs}`, [
        ...[organizationId, ciphertext],
      ]);
      return undo;
    },
  },
  {
    name: 'Adam has left, and a stranger approves in his place',
    isSilent: true,
    async apply(stage) {
      const { superuser, organizationId, adam, eve } = stage;
      const undo = await keep(stage, 'identity.member', '"organizationId" = $1', [organizationId]);
      await superuser.query('update identity.member set "userId" = $3 where "organizationId" = $1 and "userId" = $2', [
        ...[organizationId, adam.id, eve.id],
      ]);
      return undo;
    },
  },
  {
    // For good: nothing of what follows rests on it.
    name: 'the audit is gone, and its checkpoints',
    async apply({ superuser, organizationId }) {
      for (const table of ['cosignatures', 'checkpoints', 'tree', 'seals', 'unsealed', 'events'])
        await superuser.query(`delete from audit_${table} where ${ofOurs}`, [organizationId]);
      return nothing;
    },
  },
  ...[1, 2, 3].map(
    (round): Setting => ({
      name: `three columns of the organization’s rows are others (${round})`,
      async apply({ organizationId }, { random, anyColumn }) {
        const undos: Undo[] = [];
        for (let count = 0; count < 3; count += 1)
          undos.unshift((await anyColumn.alterOrganization(organizationId, random)).undo);
        return async () => {
          for (const undo of undos) await undo();
        };
      },
    }),
  ),
];
