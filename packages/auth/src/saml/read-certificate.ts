// A certificate as an owner pastes it: PEM, or base64 as metadata has it. Its key has to be one whose signatures are worth something. Pure.
import { X509Certificate } from 'node:crypto';
import { SenaError } from '@sena/contracts/errors';

const rsaBitsMin = 2_048;

/** DER as base64. Its dates don't count: providers sign themselves, and whoever sets it decides. Throws `validation_failed`. */
export function readCertificate(text: string): string {
  const base64 = text.replaceAll(/-----(BEGIN|END) CERTIFICATE-----/g, '').replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw refused('is no certificate');
  const der = Buffer.from(base64, 'base64');
  const { asymmetricKeyType, asymmetricKeyDetails } = keyOf(der);
  // That is what XML signatures are made with here.
  if (asymmetricKeyType !== 'rsa') throw refused('has no RSA key');
  if ((asymmetricKeyDetails?.modulusLength ?? 0) < rsaBitsMin)
    throw refused(`has a key of less than ${rsaBitsMin} bits`);
  return der.toString('base64');
}

function keyOf(der: Buffer) {
  try {
    return new X509Certificate(der).publicKey;
  } catch (cause) {
    throw refused('is no certificate', cause);
  }
}

function refused(message: string, cause?: unknown): SenaError {
  return new SenaError(
    'validation_failed',
    'Enter the certificate that your provider signs with, as its metadata has it.',
    { fields: [{ path: 'certificates', message }], cause },
  );
}
