// Makes the two members of a local installation: one who asks and one who approves. Entered by bringUp at every start.
// Writes identity through @sena/auth, and the issued keys to secrets.json.
import { seedMember } from '@sena/auth/seed-member';
import { type Secrets, writeSecrets } from '../home/keep-secrets.ts';

export type SeededAccess = { email: string; password: string; apiKey: string };
export type SeededMembers = { owner: SeededAccess; approver: SeededAccess };

const organizationName = 'Demo';
const people = {
  owner: { email: 'owner@sena.local', name: 'Olivia Owner', role: 'owner' },
  approver: { email: 'approver@sena.local', name: 'Adam Approver', role: 'approver' },
} as const;

/** `identityUrl`: PostgreSQL with the role sena_identity. */
export async function seedMembers(options: {
  identityUrl: string;
  publicUrl: string;
  secrets: Secrets;
  secretsFile: string;
}): Promise<SeededMembers> {
  const { identityUrl, publicUrl, secrets, secretsFile } = options;
  const seed = async (who: keyof typeof people): Promise<SeededAccess> => {
    const { password, apiKey } = secrets[who];
    const seeded = await seedMember({
      ...people[who],
      authUrl: identityUrl,
      authSecret: secrets.authSecret,
      publicUrl,
      organizationName,
      password,
      ...(apiKey === null ? {} : { apiKey }),
    });
    return { email: people[who].email, password, apiKey: seeded.apiKey };
  };
  const members = { owner: await seed('owner'), approver: await seed('approver') };
  writeSecrets(secretsFile, {
    ...secrets,
    owner: { ...secrets.owner, apiKey: members.owner.apiKey },
    approver: { ...secrets.approver, apiKey: members.approver.apiKey },
  });
  return members;
}
