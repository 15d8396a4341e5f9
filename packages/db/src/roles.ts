// The database roles, and the schema that each one works in. See docs/architecture/processes.md.
// Pure.

/** Roles that services log in with. `sena_definer`, `sena_organization_definer` and `sena_organization` can't log in. */
export const loginRoles = [
  'sena_owner',
  'sena_app',
  'sena_relay',
  'sena_signer',
  'sena_identity',
  'sena_queue',
  'sena_checkpoint',
] as const;
export type LoginRole = (typeof loginRoles)[number];

export const searchPathOf: Record<LoginRole, string> = {
  sena_owner: 'sena',
  sena_app: 'sena',
  sena_relay: 'sena',
  sena_signer: 'sena',
  sena_identity: 'identity',
  sena_queue: 'bullmq',
  sena_checkpoint: 'checkpoint',
};
