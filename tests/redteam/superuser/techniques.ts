// Everything that a superuser tries. Entered by plan-rounds and by the test that counts them.
import { alterations } from './alter-approved.ts';
import { envelopeForgeries } from './forge-envelopes.ts';
import { repetitions } from './repeat-spent.ts';
import type { Technique } from './technique.ts';

export const techniques: readonly Technique[] = [...alterations, ...envelopeForgeries, ...repetitions];
