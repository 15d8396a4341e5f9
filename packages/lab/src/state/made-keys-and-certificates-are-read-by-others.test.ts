import { X509Certificate } from 'node:crypto';
import ssh2 from 'ssh2';
import { expect, it } from 'vitest';
import { fingerprintOf } from './host-identity.ts';
import { issueCertificate } from './issue-certificate.ts';
import { makeSshKey } from './make-ssh-key.ts';

it('an SSH key is what ssh2 reads, whatever bytes chance has put into it', () => {
  for (let round = 0; round < 300; round += 1) {
    const made = makeSshKey('n'.repeat(round % 9));
    const read = ssh2.utils.parseKey(made.privateKey);
    if (read instanceof Error) throw read;
    expect(`ssh-ed25519 ${read.getPublicSSH().toString('base64')}`).toBe(made.publicKey);
    const message = Buffer.from(`round ${round}`);
    const verifier = ssh2.utils.parseKey(made.publicKey);
    if (verifier instanceof Error) throw verifier;
    expect(verifier.verify(message, read.sign(message) as Buffer)).toBe(true);
  }
  expect(fingerprintOf(makeSshKey('one').publicKey)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
});

it('a certificate has the dates and the name that were asked for', () => {
  const { certificatePem, privateKeyPem } = issueCertificate(
    'web-01.lab',
    new Date('2024-01-02T03:04:05Z'),
    new Date('2031-02-03T04:05:06Z'),
  );
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.subject).toBe('CN=web-01.lab');
  expect(new Date(certificate.validFrom).toISOString()).toBe('2024-01-02T03:04:05.000Z');
  expect(new Date(certificate.validTo).toISOString()).toBe('2031-02-03T04:05:06.000Z');
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
});
