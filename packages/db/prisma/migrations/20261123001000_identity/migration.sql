-- Identity: who may sign in. The tables are better-auth's own (core, organization, API keys, passkeys), in a schema and under a role of their
-- own. Triggers carry organizations over to the schema sena and audit every change; they write no secret, no hash and no token.

create table identity."user" ("id" text not null primary key, "name" text not null, "email" text not null,
  -- Proved to all organizations: by whoever runs SENA. Others vouch for an address to their own organization alone.
  "emailVerified" boolean not null, "image" text, "createdAt" timestamptz default current_timestamp not null, "updatedAt" timestamptz default current_timestamp not null, "twoFactorEnabled" boolean not null default false);

-- An address may stand for several persons, each of the organizations that took them in; within an organization for one. Were it unique, whoever
-- takes it first would keep out who it belongs to, and a refusal would tell that another organization knows it.
create index "user_email_idx" on identity."user" ("email");

create table identity."session" ("id" text not null primary key, "expiresAt" timestamptz not null, "token" text not null unique, "createdAt" timestamptz default current_timestamp not null, "updatedAt" timestamptz not null, "ipAddress" text, "userAgent" text, "userId" text not null references identity."user" ("id") on delete cascade, "activeOrganizationId" text,
  -- Begun by an organization's provider: it is of that organization, and moves to no other one.
  "signInProviderId" text);

create table identity."account" ("id" text not null primary key, "accountId" text not null, "providerId" text not null, "userId" text not null references identity."user" ("id") on delete cascade, "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz, "scope" text, "password" text, "createdAt" timestamptz default current_timestamp not null, "updatedAt" timestamptz not null);

create table identity."verification" ("id" text not null primary key, "identifier" text not null, "value" text not null, "expiresAt" timestamptz not null, "createdAt" timestamptz default current_timestamp not null, "updatedAt" timestamptz default current_timestamp not null);

create table identity."organization" ("id" text not null primary key, "name" text not null, "slug" text not null unique, "logo" text, "createdAt" timestamptz not null, "metadata" text);

create table identity."member" ("id" text not null primary key, "organizationId" text not null references identity."organization" ("id") on delete cascade, "userId" text not null references identity."user" ("id") on delete cascade, "role" text not null check ("role" in ('owner', 'admin', 'operator', 'approver', 'viewer')), "scope" text check ("scope" is null or "role" not in ('owner', 'admin')), "createdAt" timestamptz not null, unique ("organizationId", "userId"));

create table identity."invitation" ("id" text not null primary key, "organizationId" text not null references identity."organization" ("id") on delete cascade, "email" text not null, "role" text, "status" text not null, "expiresAt" timestamptz not null, "createdAt" timestamptz default current_timestamp not null, "inviterId" text not null references identity."user" ("id") on delete cascade);

create table identity."apikey" ("id" text not null primary key, "configId" text not null, "name" text, "start" text, "referenceId" text not null, "prefix" text, "key" text not null, "refillInterval" integer, "refillAmount" integer, "lastRefillAt" timestamptz, "enabled" boolean, "rateLimitEnabled" boolean, "rateLimitTimeWindow" integer, "rateLimitMax" integer, "requestCount" integer, "remaining" integer, "lastRequest" timestamptz, "expiresAt" timestamptz, "createdAt" timestamptz not null, "updatedAt" timestamptz not null, "permissions" text, "metadata" text,
  -- A key is of one organization, which its metadata names.
  "organizationId" text generated always as ("metadata"::jsonb ->> 'organizationId') stored);

-- Invitations to an organization. better-auth's own are not used: the id is their token, and it is stored.
create table identity.invitations (
  id text not null primary key,
  organization_id text not null references identity."organization" ("id") on delete cascade,
  email text not null check (email = lower(email)),
  role text not null check (role in ('owner', 'admin', 'operator', 'approver', 'viewer')),
  scope text check (scope is null or role not in ('owner', 'admin')),
  status text not null default 'pending' check (status in ('pending', 'accepted', 'revoked')),
  token_sha256 text not null unique,
  invited_by text not null references identity."user" ("id") on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create unique index invitations_pending on identity.invitations (organization_id, email) where status = 'pending';

create table identity."twoFactor" ("id" text not null primary key, "secret" text not null, "backupCodes" text not null, "userId" text not null unique references identity."user" ("id") on delete cascade, "verified" boolean not null default true, "failedVerificationCount" integer not null default 0, "lockedUntil" timestamptz);

-- Addresses of people who were put out: they do not come back by signing in at the provider, whatever it calls them.
create table identity.former_members (
  organization_id text not null references identity."organization" ("id") on delete cascade,
  email text not null check (email = lower(email)),
  primary key (organization_id, email)
);

-- Where an organization's people sign in besides SENA: one provider each, by OpenID Connect or by SAML. It speaks for addresses of these
-- domains, and about members of this organization alone.
create table identity.sign_in_providers (
  id text not null primary key,
  organization_id text not null unique references identity."organization" ("id") on delete cascade,
  kind text not null check (kind in ('oidc', 'saml')),
  -- As the provider calls itself: issuer or entity id.
  issuer text not null,
  client_id text,
  -- Encrypted under the secret of sign-in.
  client_secret text,
  -- Where a browser is sent to, and whose signatures count: certificates, DER as base64.
  sso_url text,
  certificates text[],
  domains text[] not null check (cardinality(domains) > 0),
  default_role text not null check (default_role in ('operator', 'approver', 'viewer')),
  default_scope text,
  created_at timestamptz not null default now(),
  check (case kind
    when 'oidc' then client_id is not null and client_secret is not null and sso_url is null and certificates is null
    else client_id is null and client_secret is null and sso_url is not null and cardinality(certificates) > 0 end)
);
-- A sign-in that is under way: single use, short-lived, and of the browser that has the state.
create table identity.sign_in_attempts (
  state_sha256 text not null primary key,
  provider_id text not null references identity.sign_in_providers (id) on delete cascade,
  -- OpenID Connect.
  nonce text,
  code_verifier text,
  -- SAML: the id of our request, and what was answered to it, until the browser comes to fetch its session.
  request_id text unique,
  asserted jsonb,
  next_path text not null,
  expires_at timestamptz not null
);
-- What was said once is not heard again: ids of SAML assertions, until they would be too old anyway.
create table identity.saml_assertions (
  provider_id text not null references identity.sign_in_providers (id) on delete cascade,
  assertion_sha256 text not null,
  expires_at timestamptz not null,
  primary key (provider_id, assertion_sha256)
);

-- What an organization's directory says about its people (SCIM): who is to belong, by address, and in which groups. It makes nobody a person
-- here and reads nothing of persons: whoever it names joins by signing in.
create table identity.scim_tokens (
  id text not null primary key,
  organization_id text not null references identity."organization" ("id") on delete cascade,
  name text not null,
  token_sha256 text not null unique,
  created_by text not null references identity."user" ("id") on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz
);
create table identity.scim_users (
  id text not null primary key,
  organization_id text not null references identity."organization" ("id") on delete cascade,
  user_name text not null check (user_name = lower(user_name)),
  external_id text,
  display_name text,
  active boolean not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, user_name),
  unique (organization_id, id)
);
create table identity.scim_groups (
  id text not null primary key,
  organization_id text not null references identity."organization" ("id") on delete cascade,
  display_name text not null,
  external_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id)
);
create unique index scim_groups_name on identity.scim_groups (organization_id, lower(display_name));
create table identity.scim_group_members (
  organization_id text not null,
  group_id text not null,
  user_id text not null,
  primary key (group_id, user_id),
  foreign key (organization_id, group_id) references identity.scim_groups (organization_id, id) on delete cascade,
  foreign key (organization_id, user_id) references identity.scim_users (organization_id, id) on delete cascade
);
create index scim_group_members_user on identity.scim_group_members (user_id);

create table identity."passkey" ("id" text not null primary key, "name" text, "publicKey" text not null, "userId" text not null references identity."user" ("id") on delete cascade, "credentialID" text not null, "counter" integer not null, "deviceType" text not null, "backedUp" boolean not null, "transports" text, "createdAt" timestamptz, "aaguid" text,
  -- One that signs in decides nothing, and one that decides signs nobody in.
  "purpose" text not null default 'approval' check ("purpose" in ('approval', 'sign_in')));

create index "passkey_userId_idx" on identity."passkey" ("userId");
create unique index "passkey_credentialID_idx" on identity."passkey" ("credentialID");
create index "session_userId_idx" on identity."session" ("userId");
create index "account_userId_idx" on identity."account" ("userId");
create index "verification_identifier_idx" on identity."verification" ("identifier");
create index "member_userId_idx" on identity."member" ("userId");
create index "invitation_organizationId_idx" on identity."invitation" ("organizationId");
create index "invitation_email_idx" on identity."invitation" ("email");
create index "apikey_configId_idx" on identity."apikey" ("configId");
create index "apikey_organizationId_idx" on identity."apikey" ("organizationId");
create index "apikey_referenceId_idx" on identity."apikey" ("referenceId");
create unique index "apikey_key_idx" on identity."apikey" ("key");

-- Wrong passwords, so that guessing can be bounded for all gateways together. No address and no name is kept in the clear.
create table identity.sign_in_failures (
  id bigint generated always as identity primary key,
  email_sha256 text not null,
  address_sha256 text not null,
  at timestamptz not null default now()
);
create index sign_in_failures_email on identity.sign_in_failures (email_sha256, at);
create index sign_in_failures_address on identity.sign_in_failures (address_sha256, at);

grant usage on schema identity to sena_identity, sena_definer, sena_organization_definer;
grant select, insert, update, delete on all tables in schema identity to sena_identity;
grant usage on all sequences in schema identity to sena_identity;
grant select on identity."member" to sena_definer;
grant select ("organizationId", "userId", "role") on identity."member" to sena_organization_definer;
grant select ("userId", "credentialID", "publicKey", "purpose") on identity."passkey" to sena_organization_definer;
grant select ("id", "organizationId", "enabled", "expiresAt") on identity."apikey" to sena_organization_definer;
grant update (name) on organizations to sena_definer;

-- Row-level security: forced, on every table whose rows are an organization's. sena_identity looks across: who signs in, or brings a token, is of
-- no organization yet. Whatever is about one organization is done as sena_organization, which sees the rows of the one that is set.
do $$
declare owned text[];
begin
  foreach owned slice 1 in array array[
    ['organization', 'id'], ['member', '"organizationId"'], ['invitation', '"organizationId"'], ['apikey', '"organizationId"'],
    ['session', '"activeOrganizationId"'], ['invitations', 'organization_id'], ['former_members', 'organization_id'],
    ['sign_in_providers', 'organization_id'], ['scim_tokens', 'organization_id'], ['scim_users', 'organization_id'],
    ['scim_groups', 'organization_id'], ['scim_group_members', 'organization_id']
  ] loop
    execute format('create policy organization_rows on identity.%I using (%s = sena.current_organization()) with check (%s = sena.current_organization())',
      owned[1], owned[2], owned[2]);
  end loop;
  -- Those that are a provider's are of its organization.
  foreach owned slice 1 in array array[['sign_in_attempts', 'provider_id'], ['saml_assertions', 'provider_id'], ['account', '"providerId"']] loop
    execute format('create policy organization_rows on identity.%I using (exists (select from identity.sign_in_providers p where p.id = %s and p.organization_id = sena.current_organization()))',
      owned[1], owned[2]);
  end loop;
  foreach owned slice 1 in array array(select array[relname::text] from pg_class c where relnamespace = 'identity'::regnamespace
    and exists (select from pg_policy p where p.polrelid = c.oid)) loop
    execute format('alter table identity.%I enable row level security', owned[1]);
    execute format('alter table identity.%I force row level security', owned[1]);
    execute format('create policy all_rows on identity.%I to sena_identity using (true) with check (true)', owned[1]);
  end loop;
end $$;
-- Whoever accepts an invitation brings a password.
create policy new_passwords on identity."account" for insert to sena_organization with check ("providerId" = 'credential');

grant usage on schema identity to sena_organization;
-- Updates of one column are there for `for update` alone.
grant select (id, name), update (metadata) on identity."organization" to sena_organization;
grant select, insert, update ("role", "scope"), delete on identity."member" to sena_organization;
grant select, insert, update (status) on identity.invitations to sena_organization;
grant select ("id", "name", "start", "referenceId", "enabled", "lastRequest", "expiresAt", "createdAt", "permissions", "metadata", "organizationId"),
  insert, update ("updatedAt"), delete on identity."apikey" to sena_organization;
grant select ("id", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId", "activeOrganizationId", "signInProviderId"),
  insert, update ("updatedAt"), delete on identity."session" to sena_organization;
grant select, insert, delete on identity.former_members to sena_organization;
grant select, insert, delete,
  update (client_id, client_secret, sso_url, certificates, domains, default_role, default_scope) on identity.sign_in_providers to sena_organization;
grant select (id, organization_id, name, created_by, created_at, expires_at, last_used_at), insert, delete on identity.scim_tokens to sena_organization;
grant select, insert, update, delete on identity.scim_users, identity.scim_groups, identity.scim_group_members to sena_organization;
-- Persons are of no organization; it takes in new ones, and reads the names and addresses of those whom its rows name.
grant select ("id", "name", "email", "twoFactorEnabled"), insert on identity."user" to sena_organization;
grant select ("userId", "accountId", "providerId"), insert on identity."account" to sena_organization;

-- `audit_` and a UUIDv7, as contracts/ids makes them.
create function identity.new_audit_id() returns text language sql volatile as $$
  select 'audit_' || substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(r, 2, 3) || '-' || substr(r, 17, 4) || '-' || substr(r, 21, 12)
  from (
    select lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') as t,
      -- A random UUID has its variant bits at the same place.
      replace(gen_random_uuid()::text, '-', '') as r
  ) parts
$$;

-- Who did it: a member where the change is their own doing, else the identity service (seeding, administration).
-- A transaction that acts for a member says so in `sena.actor`, and with which API key, if with one, in `sena.api_key`.
create function identity.append_audit(organization text, actor text, action text, subject text, data jsonb) returns void
language sql security definer set search_path = sena, pg_temp as $$
  insert into audit_events (id, organization_id, action, actor, subject, data)
  values (identity.new_audit_id(), organization, action, coalesce(nullif(current_setting('sena.actor', true), ''), actor), subject,
    data || case when coalesce(current_setting('sena.api_key', true), '') = '' then '{}'
      else jsonb_build_object('apiKey', current_setting('sena.api_key')::jsonb) end)
$$;

-- What belongs to a person is told to each organization the person is a member of.
create function identity.append_audit_for_user(user_id text, actor text, action text, subject text, data jsonb) returns void
language sql security definer set search_path = identity, pg_temp as $$
  select identity.append_audit(m."organizationId", actor, action, subject, data) from "member" m where m."userId" = user_id
$$;

create function identity.on_organization() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into sena.organizations (organization_id, name) values (new.id, new.name);
    perform append_audit(new.id, 'service:identity', 'organization.created', new.id, jsonb_build_object('name', new.name));
  elsif new.name is distinct from old.name then
    update sena.organizations set name = new.name where organization_id = new.id;
    perform append_audit(new.id, 'service:identity', 'organization.renamed', new.id, jsonb_build_object('from', old.name, 'to', new.name));
  end if;
  return null;
end $$;

create function identity.on_member() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit(new."organizationId", 'service:identity', 'member.added', new."userId", jsonb_build_object('role', new."role", 'scope', new."scope"));
  elsif tg_op = 'DELETE' then
    perform append_audit(old."organizationId", 'service:identity', 'member.removed', old."userId", jsonb_build_object('role', old."role"));
  elsif (new."role", new."scope") is distinct from (old."role", old."scope") then
    perform append_audit(new."organizationId", 'service:identity', 'member.role_changed', new."userId",
      jsonb_build_object('from', old."role", 'to', new."role", 'fromScope', old."scope", 'toScope', new."scope"));
  end if;
  return null;
end $$;

-- A key is of one organization: the person's other ones hear nothing of it.
create function identity.on_apikey() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit(new."metadata"::jsonb ->> 'organizationId', 'member:' || new."referenceId", 'api_key.created', new.id,
      jsonb_build_object('name', new."name", 'expiresAt', new."expiresAt", 'permissions', new."permissions"));
  elsif tg_op = 'DELETE' then
    perform append_audit(old."metadata"::jsonb ->> 'organizationId', 'member:' || old."referenceId", 'api_key.deleted', old.id, jsonb_build_object('name', old."name"));
  elsif (new."enabled", new."expiresAt", new."permissions", new."referenceId", new."key")
      is distinct from (old."enabled", old."expiresAt", old."permissions", old."referenceId", old."key") then
    perform append_audit(new."metadata"::jsonb ->> 'organizationId', 'member:' || new."referenceId", 'api_key.changed', new.id,
      jsonb_build_object('name', new."name", 'enabled', new."enabled", 'expiresAt', new."expiresAt"));
  end if;
  return null;
end $$;

create function identity.on_passkey() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit_for_user(new."userId", 'member:' || new."userId", 'passkey.added', new.id,
      jsonb_build_object('name', new."name", 'credentialId', new."credentialID", 'purpose', new."purpose"));
  elsif tg_op = 'DELETE' then
    perform append_audit_for_user(old."userId", 'member:' || old."userId", 'passkey.removed', old.id,
      jsonb_build_object('name', old."name", 'credentialId', old."credentialID", 'purpose', old."purpose"));
  elsif (new."publicKey", new."userId", new."credentialID", new."purpose")
      is distinct from (old."publicKey", old."userId", old."credentialID", old."purpose") then
    perform append_audit_for_user(new."userId", 'service:identity', 'passkey.changed', new.id,
      jsonb_build_object('name', new."name", 'credentialId', new."credentialID", 'purpose', new."purpose"));
  end if;
  return null;
end $$;

-- A session is of one organization at a time: the person's other ones do not hear that they are signed in elsewhere. When it moves, it has ended
-- for the one and begun for the other.
create function identity.on_session() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new."activeOrganizationId" is not distinct from old."activeOrganizationId" then
    return null;
  end if;
  if tg_op <> 'INSERT' and old."activeOrganizationId" is not null then
    perform append_audit(old."activeOrganizationId", 'member:' || old."userId", 'session.ended', old.id, '{}');
  end if;
  if tg_op <> 'DELETE' and new."activeOrganizationId" is not null then
    perform append_audit(new."activeOrganizationId", 'member:' || new."userId", 'session.created', new.id, jsonb_build_object('expiresAt', new."expiresAt"));
  end if;
  return null;
end $$;

create function identity.on_account() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if new."password" is distinct from old."password" then
    perform append_audit_for_user(new."userId", 'member:' || new."userId", 'password.changed', new."userId", '{}');
  end if;
  return null;
end $$;

create function identity.on_user() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if (new."email", new."name") is distinct from (old."email", old."name") then
    perform append_audit_for_user(new.id, 'member:' || new.id, 'member.renamed', new.id,
      jsonb_build_object('name', new."name" is distinct from old."name", 'email', new."email" is distinct from old."email"));
  end if;
  return null;
end $$;

create function identity.on_invitation() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit(new.organization_id, 'service:identity', 'invitation.created', new.id,
      jsonb_build_object('email', new.email, 'role', new.role, 'scope', new.scope, 'expiresAt', new.expires_at));
  elsif new.status is distinct from old.status then
    perform append_audit(new.organization_id, 'service:identity', 'invitation.' || new.status, new.id, jsonb_build_object('email', new.email));
  end if;
  return null;
end $$;

create function identity.on_two_factor() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if new."twoFactorEnabled" is distinct from old."twoFactorEnabled" then
    perform append_audit_for_user(new."id", 'member:' || new."id",
      case when new."twoFactorEnabled" then 'second_factor.enabled' else 'second_factor.disabled' end, new."id", '{}');
  end if;
  return null;
end $$;

create function identity.on_sign_in_provider() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    perform append_audit(old.organization_id, 'service:identity', 'sign_in_provider.removed', old.id, jsonb_build_object('issuer', old.issuer));
  else
    perform append_audit(new.organization_id, 'service:identity', 'sign_in_provider.set', new.id,
      jsonb_build_object('kind', new.kind, 'issuer', new.issuer, 'clientId', new.client_id, 'ssoUrl', new.sso_url,
        'certificates', (select jsonb_agg(encode(sha256(decode(c, 'base64')), 'hex')) from unnest(new.certificates) as c),
        'domains', new.domains, 'defaultRole', new.default_role, 'defaultScope', new.default_scope));
  end if;
  return null;
end $$;

create function identity.on_scim_token() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit(new.organization_id, 'service:identity', 'scim_token.created', new.id, jsonb_build_object('name', new.name, 'expiresAt', new.expires_at));
  else
    perform append_audit(old.organization_id, 'service:identity', 'scim_token.revoked', old.id, jsonb_build_object('name', old.name));
  end if;
  return null;
end $$;

create function identity.on_scim_user() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit(new.organization_id, 'service:scim', 'scim_user.added', new.id, jsonb_build_object('email', new.user_name, 'active', new.active));
  elsif tg_op = 'DELETE' then
    perform append_audit(old.organization_id, 'service:scim', 'scim_user.removed', old.id, jsonb_build_object('email', old.user_name));
  elsif new.active is distinct from old.active then
    perform append_audit(new.organization_id, 'service:scim', case when new.active then 'scim_user.activated' else 'scim_user.deactivated' end, new.id,
      jsonb_build_object('email', new.user_name));
  end if;
  return null;
end $$;

create function identity.on_scim_group() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit(new.organization_id, 'service:scim', 'scim_group.added', new.id, jsonb_build_object('name', new.display_name));
  elsif tg_op = 'DELETE' then
    perform append_audit(old.organization_id, 'service:scim', 'scim_group.removed', old.id, jsonb_build_object('name', old.display_name));
  elsif new.display_name is distinct from old.display_name then
    perform append_audit(new.organization_id, 'service:scim', 'scim_group.renamed', new.id, jsonb_build_object('from', old.display_name, 'to', new.display_name));
  end if;
  return null;
end $$;

create function identity.on_scim_group_member() returns trigger language plpgsql security definer set search_path = identity, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform append_audit(new.organization_id, 'service:scim', 'scim_group.member_added', new.group_id, jsonb_build_object('user', new.user_id));
  else
    perform append_audit(old.organization_id, 'service:scim', 'scim_group.member_removed', old.group_id, jsonb_build_object('user', old.user_id));
  end if;
  return null;
end $$;

create trigger audit_scim_token after insert or delete on identity.scim_tokens for each row execute function identity.on_scim_token();
create trigger audit_scim_user after insert or update or delete on identity.scim_users for each row execute function identity.on_scim_user();
create trigger audit_scim_group after insert or update or delete on identity.scim_groups for each row execute function identity.on_scim_group();
create trigger audit_scim_group_member after insert or delete on identity.scim_group_members for each row execute function identity.on_scim_group_member();
create trigger audit_invitation after insert or update on identity.invitations for each row execute function identity.on_invitation();
create trigger audit_two_factor after update on identity."user" for each row execute function identity.on_two_factor();
create trigger audit_sign_in_provider after insert or update or delete on identity.sign_in_providers for each row execute function identity.on_sign_in_provider();
create trigger audit_organization after insert or update on identity."organization" for each row execute function identity.on_organization();
create trigger audit_member after insert or update or delete on identity."member" for each row execute function identity.on_member();
create trigger audit_apikey after insert or update or delete on identity."apikey" for each row execute function identity.on_apikey();
create trigger audit_passkey after insert or update or delete on identity."passkey" for each row execute function identity.on_passkey();
create trigger audit_session after insert or update or delete on identity."session" for each row execute function identity.on_session();
create trigger audit_account after update on identity."account" for each row execute function identity.on_account();
create trigger audit_user after update on identity."user" for each row execute function identity.on_user();

-- Only the triggers call these, and only with the definer's rights.
grant create on schema identity to sena_definer;
do $$
declare f record;
begin
  for f in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'identity' loop
    execute format('revoke all on function %s from public', f.name);
    execute format('grant execute on function %s to sena_definer', f.name);
    execute format('alter function %s owner to sena_definer', f.name);
  end loop;
end $$;
revoke create on schema identity from sena_definer;

-- A person's membership in one organization, and all of a person's organizations. Who is asking is judged by these: there is no filter to be
-- forgotten.
create function identity.membership(person text, organization text) returns setof identity."member" language sql stable as $$
  select * from identity."member" m where m."userId" = person and m."organizationId" = organization
$$;
create function identity.organizations_of(person text) returns table (id text, name text, role text) language sql stable as $$
  select o."id", o."name", m."role" from identity."member" m join identity."organization" o on o."id" = m."organizationId" where m."userId" = person
$$;
revoke all on function identity.membership(text, text), identity.organizations_of(text) from public;
grant execute on function identity.membership(text, text) to sena_identity;
grant execute on function identity.organizations_of(text) to sena_identity, sena_organization;

-- Who of the organization that is set has one of these roles now: whoever counts decisions can't read identity, and counts those of present
-- members alone.
create function sena.members_with_role(roles text[]) returns setof text
language sql stable security definer set search_path = identity, pg_temp as $$
  select 'member:' || m."userId" from "member" m where m."organizationId" = sena.current_organization() and m."role" = any(roles)
$$;
revoke all on function sena.members_with_role(text[]) from public;
grant execute on function sena.members_with_role(text[]) to sena_app, sena_signer;
-- May this API key of the organization that is set still be used? For a run that was asked for with it, ahead of its time.
create function sena.api_key_is_good(key_id text) returns boolean
language sql stable security definer set search_path = identity, pg_temp as $$
  select exists (select from "apikey" k where k."id" = key_id and k."organizationId" = sena.current_organization()
    and k."enabled" is not false and (k."expiresAt" is null or k."expiresAt" > now()))
$$;
revoke all on function sena.api_key_is_good(text) from public;
grant execute on function sena.api_key_is_good(text) to sena_app;
-- The passkeys for approvals of these members, as far as they belong to the organization that is set: for the signer, which verifies by them.
create function sena.passkeys_of_members(members text[]) returns table (member text, credential_id text, public_key text)
language sql stable security definer set search_path = identity, pg_temp as $$
  select 'member:' || m."userId", p."credentialID", p."publicKey" from "member" m join "passkey" p on p."userId" = m."userId"
  where m."organizationId" = sena.current_organization() and p."purpose" = 'approval' and 'member:' || m."userId" = any(members)
$$;
revoke all on function sena.passkeys_of_members(text[]) from public;
grant execute on function sena.passkeys_of_members(text[]) to sena_signer;
-- Row-level security holds inside them: memberships and keys of other organizations are not there.
grant create on schema sena to sena_organization_definer;
alter function sena.members_with_role(text[]) owner to sena_organization_definer;
alter function sena.api_key_is_good(text) owner to sena_organization_definer;
alter function sena.passkeys_of_members(text[]) owner to sena_organization_definer;
revoke create on schema sena from sena_organization_definer;
