// The `{id}` of every route below a run. Pure.
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';

export const runParamsSchema = z.object({ id: idSchema('run') });
