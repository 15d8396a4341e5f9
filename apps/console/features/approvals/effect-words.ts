// What a command does, in words. Shared by the policy preview and the approval panel.
import type { EffectKind } from '@sena/contracts/domain/policy';

export const effectWords: Readonly<Record<EffectKind, string>> = {
  reads: 'Reads',
  reads_secret: 'Reads a secret',
  writes: 'Writes files',
  deletes: 'Deletes',
  controls_service: 'Controls a service',
  installs: 'Installs software',
  changes_users: 'Changes users',
  network: 'Uses the network',
  privilege: 'Gains privileges',
  unknown: 'Can not be judged',
};
