// How one of SENA's services proves itself to another: a five-minute JWT that names both services, the organization and the
// member it acts for. What was meant for one service is worth nothing at another. Pure but for the clock.
import { jwtVerify, SignJWT } from 'jose';

const issuer = 'sena';
const lifetimeSeconds = 300;

/** The services that take such tokens. */
export type ReceivingService = 'gateway' | 'model-router';

export interface ServiceIdentity {
  readonly service: string;
  readonly organizationId: string;
  /** The user on whose behalf the service asks. */
  readonly actingMember: string | null;
}

export async function mintServiceToken(token: {
  secret: string;
  service: string;
  to: ReceivingService;
  organizationId: string;
  actingMember?: string;
}): Promise<string> {
  const acting = token.actingMember === undefined ? {} : { act: token.actingMember };
  return new SignJWT({ org: token.organizationId, ...acting })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(audienceOf(token.to))
    .setSubject(token.service)
    .setIssuedAt()
    .setExpirationTime(`${lifetimeSeconds}s`)
    .sign(keyOf(token.secret));
}

export type VerifiedServiceToken =
  | { readonly kind: 'verified'; readonly identity: ServiceIdentity }
  | { readonly kind: 'refused'; readonly why: string };

/** `receiver`: who was shown the token. Never throws for what the token holds. */
export async function verifyServiceToken(
  secret: string,
  receiver: ReceivingService,
  token: string,
): Promise<VerifiedServiceToken> {
  if (!isCanonical(token)) return { kind: 'refused', why: 'it is not spelled as it was minted' };
  try {
    const { payload } = await jwtVerify(token, keyOf(secret), {
      issuer,
      audience: audienceOf(receiver),
      algorithms: ['HS256'],
      maxTokenAge: lifetimeSeconds,
    });
    const { sub, org, act = null } = payload;
    if (!isName(sub) || !isName(org) || !(act === null || isName(act))) {
      return { kind: 'refused', why: 'it names no service or no organization' };
    }
    return { kind: 'verified', identity: { service: sub, organizationId: org, actingMember: act } };
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error.message : String(error) };
  }
}

/** One spelling only: base64url has padding and spare bits at its end that a decoder passes over. */
function isCanonical(token: string): boolean {
  return token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

function audienceOf(service: ReceivingService): string {
  return `sena-${service}`;
}

function isName(claim: unknown): claim is string {
  return typeof claim === 'string' && claim !== '';
}

function keyOf(secret: string): Uint8Array {
  if (secret.length < 32) throw new Error('SERVICE_TOKEN_SECRET must have at least 32 characters');
  return new TextEncoder().encode(secret);
}
