// The list of an API key, as the table of keys holds it: `{"runs":["read"]}`. Pure.
import { type Permission, permissionSchema } from '@sena/contracts/domain/permission';
import { z } from 'zod';

/** null: whatever the member may do. */
export function readPermissions(stored: string | null): Permission[] | null | 'unreadable' {
  if (stored === null) return null;
  const read = storedSchema.safeParse(stored);
  return read.success ? read.data : 'unreadable';
}

const storedSchema = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.array(z.string())))
  .transform((actionsOf) =>
    Object.entries(actionsOf).flatMap(([subject, actions]) => actions.map((action) => `${subject}:${action}`)),
  )
  .pipe(z.array(permissionSchema));
