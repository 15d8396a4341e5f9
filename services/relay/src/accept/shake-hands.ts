// The first words of a connection: challenge, hello, and who that is. Entered by accept-connection; reads satellites, holds nothing.
import { protocolVersions, type RelayFrame, type SatelliteFrame } from '@sena/contracts/frames';
import { publicKeyFingerprint } from '@sena/envelope/fingerprint';
import type { SatelliteIdentity } from '@sena/fleet/satellite-presence';
import { createHelloChallenge, type HelloChallenge } from '@sena/tunnel/hello-signature';

type Hello = Extract<SatelliteFrame, { t: 'hello' }>;

interface Refused {
  readonly kind: 'refused';
  readonly frame: Extract<RelayFrame, { t: 'refused' }>;
}

export type Handshake =
  | { readonly kind: 'known'; readonly identity: SatelliteIdentity; readonly protocol: number; readonly hello: Hello }
  | Refused;

export function openChallenge(relayId: string): { challenge: HelloChallenge; frame: RelayFrame } {
  const challenge = createHelloChallenge(relayId);
  return { challenge, frame: { t: 'challenge', nonce: challenge.nonce, relayId, protocols: [...protocolVersions] } };
}

/** Identity comes from the key that signed this connection's nonce, from nothing else. */
export async function answerHello(
  identify: (fingerprint: string) => Promise<SatelliteIdentity | null>,
  challenge: HelloChallenge,
  hello: Hello,
): Promise<Handshake> {
  if (!(await challenge.accepts(hello))) {
    return refuse(
      'signature_invalid',
      'The hello is not signed for this connection. Check that no proxy replays the tunnel.',
    );
  }
  const protocol = protocolVersions.find((version) => hello.protocols.includes(version));
  if (protocol === undefined) {
    return refuse(
      'protocol_unsupported',
      `This relay speaks protocol ${protocolVersions.join(', ')}. Update the satellite.`,
    );
  }
  // PostgreSQL's text can't hold NUL.
  const texts = [hello.version, hello.journalId, hello.dispatchKeys?.newestKeyId, hello.session?.token];
  if (texts.join('').includes('\u0000'))
    return refuse('malformed_frame', 'The hello holds characters that no version, journal, key or session has.');
  const fingerprint = publicKeyFingerprint(Buffer.from(hello.publicKey, 'base64url'));
  const identity = await identify(fingerprint);
  if (identity === null)
    return refuse('satellite_unknown', 'This key is not enrolled here. Enrol the satellite with a new join token.');
  if (identity.revoked) return revoked();
  if (identity.locked) return locked();
  return { kind: 'known', identity, protocol, hello };
}

export function revoked(): Refused {
  return refuse('satellite_revoked', 'This satellite was revoked. Enrol it again with a new join token.');
}

export function locked(): Refused {
  return refuse(
    'satellite_locked',
    'Its state directory exists twice, or was restored from a backup, so this satellite is locked. Look for the other copy; then revoke it in the console and enrol it again in a new state directory, or let an owner unlock it.',
  );
}

export function sessionMissing(): Refused {
  return refuse(
    'session_missing',
    'This satellite has spoken a newer protocol before, and an older one can not show that it is not a copy. Update the satellite.',
  );
}

function refuse(code: string, message: string): Refused {
  return { kind: 'refused', frame: { t: 'refused', code, message } };
}
