// Who may approve a change with a passkey, as the customer lists them in the satellite's own file. `sena passkey` and the console
// print such entries. Entered by satellite-config. Pure.
import { z } from 'zod';

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be base64url, as `sena passkey` prints it');

const approverSchema = z
  .strictObject({
    /** A person. Two entries with one name are two passkeys of one approver. */
    name: z.string().trim().min(1).max(100),
    /** Their member id in SENA (`user_…`): nobody approves what they asked for. */
    member: z.string().min(1).max(64),
    rpId: z
      .string()
      .regex(/^[a-z0-9.-]+$/, 'must be a host name, such as sena.example.com or localhost')
      .max(253),
    origins: z
      .array(z.url({ protocol: /^https?$/, error: 'must be an origin, such as https://sena.example.com' }))
      .min(1)
      .max(10),
    credentialId: base64url.max(1_400),
    /** COSE. */
    publicKey: base64url.max(2_048),
  })
  .superRefine(({ rpId, origins }, context) => {
    for (const [index, origin] of origins.entries()) {
      const url = new URL(origin);
      const at = { code: 'custom' as const, path: ['origins', index] };
      if (url.origin !== origin) context.addIssue({ ...at, message: `must be an origin alone: ${url.origin}` });
      if (url.hostname !== rpId && !url.hostname.endsWith(`.${rpId}`))
        context.addIssue({ ...at, message: `is not of ${rpId}: browsers make no such signature` });
      if (url.protocol !== 'https:' && url.hostname !== 'localhost')
        context.addIssue({ ...at, message: 'must be https, except on localhost' });
    }
  });
export type PasskeyApprover = z.infer<typeof approverSchema>;

export const passkeyPolicySchema = z
  .strictObject({
    /** Of so many different people, for everything that this satellite itself doesn't call read-only. */
    requiredToChange: z.int().min(0).max(2).default(0),
    approvers: z.array(approverSchema).max(500).default([]),
  })
  .superRefine(({ requiredToChange, approvers }, context) => {
    const people = new Set(approvers.map(({ member }) => member));
    if (people.size < requiredToChange) {
      context.addIssue({
        code: 'custom',
        path: ['approvers'],
        message:
          `requiredToChange is ${requiredToChange}, and ${people.size} ${people.size === 1 ? 'person is' : 'people are'} listed: nothing could ` +
          'be changed. Let each approver run `sena passkey` and add what it prints here, or set requiredToChange to 0.',
      });
    }
    for (const [index, approver] of approvers.entries()) {
      const earlier = approvers.slice(0, index);
      const at = { code: 'custom' as const, path: ['approvers', index] };
      if (earlier.some(({ credentialId }) => credentialId === approver.credentialId))
        context.addIssue({ ...at, message: `the passkey of ${approver.name} is listed twice` });
      // Otherwise one person could pass for two.
      if (earlier.some(({ name, member }) => (name === approver.name) !== (member === approver.member)))
        context.addIssue({
          ...at,
          message: `${approver.name} (${approver.member}): one name must have one member id, and one member id one name`,
        });
    }
  });
export type PasskeyPolicy = z.infer<typeof passkeyPolicySchema>;
