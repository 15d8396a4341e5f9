// Which certificates have expired or soon will, by each node's own clock. Pure.
import { X509Certificate } from 'node:crypto';
import type { Sighting } from '../analysis/group-sightings.ts';
import { countOf } from '../analysis/name-nodes.ts';
import { firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook, StepResult } from '../runbook.ts';

const warnDays = 30;
const directories =
  '/etc/ssl/lab /etc/letsencrypt/live /etc/nginx /etc/apache2 /etc/httpd /etc/haproxy /etc/postfix /etc/dovecot /etc/pki/tls/certs /etc/kubernetes/pki /var/lib/kubelet/pki';

interface Certificate {
  path: string;
  subject: string;
  /** Seconds until it ends, negative once it has. */
  secondsLeft: number;
  endsOn: string;
}

export const certificates: Runbook = {
  slug: 'certificates',
  title: 'Certificates',
  description: `Reads the certificates in the usual directories of web servers, mail servers, Let's Encrypt and Kubernetes, and names those that have expired or will within ${warnDays} days.`,
  questions: [
    'Which certificates have expired?',
    'Are any TLS certificates about to expire?',
    'Which boxes have expired certs?',
    'When do our SSL certificates run out?',
    'Do any certs need to be renewed?',
  ],
  keywords:
    "certificate certificates cert certs tls ssl https x509 pem expired expire expires expiry expiration expiring renew renewal letsencrypt let's encrypt validity valid",
  commands: [
    {
      step: 'certificates',
      title: 'Certificates in the usual directories (never keys)',
      // Prints the certificates alone, whatever else the files hold; they are read here, so a node needs no openssl.
      command: `date -u +%s; grep -R -z -o -H --include='*.pem' --include='*.crt' --include='*.cer' -e '-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----' ${directories}`,
    },
  ],
  analyse(observations) {
    // grep says 1 for "none found" and 2 as soon as one of the directories is missing.
    const answers = readAnswers(observations, 'certificates', readCertificates, { exitCodes: [0, 1, 2] });
    const sightings = answers.answers.flatMap(({ node, executionId, value }) =>
      value
        .filter((certificate) => certificate.secondsLeft < warnDays * 86_400)
        .map((certificate): Sighting => {
          const days = Math.floor(Math.abs(certificate.secondsLeft) / 86_400);
          const expired = certificate.secondsLeft <= 0;
          return {
            node,
            executionIds: [executionId],
            severity: expired ? 'critical' : 'warning',
            weight: -certificate.secondsLeft,
            claim: `${certificate.path} on ${node.name} (${certificate.subject}) ${expired ? `expired ${countOf(days, 'day')} ago` : `expires in ${countOf(days, 'day')}`}, on ${certificate.endsOn}`,
            key: expired ? 'expired' : 'expiring',
            shared: expired ? 'A certificate has expired' : `A certificate expires within ${warnDays} days`,
          };
        }),
    );
    const total = answers.answers.reduce((sum, answer) => sum + answer.value.length, 0);
    const anyExpired = sightings.some((sighting) => sighting.key === 'expired');
    return writeFaultReport({
      answers,
      sightings,
      fault: anyExpired ? 'a certificate has expired or soon will' : `a certificate expires within ${warnDays} days`,
      inBrackets: (own) =>
        own
          .slice(0, 2)
          .map((sighting) => sighting.claim.replace(/ on .*? \(.*\) (expire[sd])/, ' $1').replace(/, on .*/, ''))
          .join(', '),
      healthy: (scope) =>
        total === 0
          ? `No certificate was found in the usual directories of ${scope}`
          : `None of the ${countOf(total, 'certificate')} found on ${scope} has expired or will within ${warnDays} days`,
    });
  },
};

function readCertificates(result: StepResult): Reading<Certificate[]> {
  const clock = /^(\d{9,11})\n/.exec(result.stdout);
  if (!clock) return { kind: 'unreadable', why: `did not tell its time (${firstLine(result.stderr) || 'no message'})` };
  const nowMs = Number(clock[1]) * 1_000;
  const unreadable: string[] = result.stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/No such file or directory$/.test(line.trim()));
  const byFingerprint = new Map<string, Certificate>();
  for (const [, path = '', pem = ''] of result.stdout
    .slice(clock[0].length)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: grep -z ends each match with NUL
    .matchAll(/([^\u0000\n]+?):(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----)/g)) {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch (error) {
      unreadable.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    const known = byFingerprint.get(certificate.fingerprint256);
    if (known && known.path.length <= path.length) continue;
    byFingerprint.set(certificate.fingerprint256, {
      path,
      subject: subjectOf(certificate),
      secondsLeft: Math.floor((certificate.validToDate.getTime() - nowMs) / 1_000),
      endsOn: certificate.validToDate.toISOString().slice(0, 10),
    });
  }
  const complaint = firstLine(unreadable.join('\n'));
  return {
    kind: 'read',
    value: [...byFingerprint.values()],
    ...(complaint === '' ? {} : { partial: `could not read every certificate (${complaint})` }),
  };
}

function subjectOf(certificate: X509Certificate): string {
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  const alternative = /DNS:([^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1];
  return common ?? alternative ?? firstLine(certificate.subject);
}
