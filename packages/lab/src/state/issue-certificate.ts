// A self-signed X.509 certificate with dates of one's choice, which openssl's command line gives for future dates only.
// Pure. Ed25519; no extensions beyond the subject's name.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface IssuedCertificate {
  certificatePem: string;
  privateKeyPem: string;
}

export function issueCertificate(commonName: string, notBefore: Date, notAfter: Date): IssuedCertificate {
  const privateKeyPem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const privateKey = createPrivateKey(privateKeyPem);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const ed25519 = tlv(0x30, tlv(0x06, Buffer.from([0x2b, 0x65, 0x70])));
  const nameAttribute = tlv(0x30, tlv(0x06, Buffer.from([0x55, 0x04, 0x03])), tlv(0x0c, Buffer.from(commonName)));
  const name = tlv(0x30, tlv(0x31, nameAttribute));
  const serial = randomBytes(16);
  serial[0] = 0x01 | ((serial[0] ?? 0) & 0x7f);
  const body = tlv(
    0x30,
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    ed25519,
    name,
    tlv(0x30, utcTime(notBefore), utcTime(notAfter)),
    name,
    publicKey,
  );
  const certificate = tlv(0x30, body, ed25519, tlv(0x03, Buffer.from([0]), sign(null, body, privateKey)));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return { certificatePem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, privateKeyPem };
}

/** DER: tag, length, value. */
function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const length =
    value.length < 0x80
      ? [value.length]
      : value.length < 0x100
        ? [0x81, value.length]
        : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

/** UTCTime, as RFC 5280 wants it before 2050. */
function utcTime(date: Date): Buffer {
  return tlv(
    0x17,
    Buffer.from(
      date
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2),
    ),
  );
}
