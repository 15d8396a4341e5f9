// Asks for the address of an organization's own sign-in page, which this browser then goes to.
import { takeData } from '@sena/sdk/take-data';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';

export async function beginAtProvider(
  provider: string,
  next: string,
): Promise<{ kind: 'begun'; url: string } | { kind: 'refused'; sentence: string }> {
  try {
    const { url } = await takeData(sena.POST('/v1/sign-in/provider', { body: { provider, next } }));
    return { kind: 'begun', url };
  } catch (error) {
    return { kind: 'refused', sentence: describeFailure(error).detail };
  }
}
