// Which certificates have expired or soon will, by each node's own clock. Pure.
import type { Sighting } from '../analysis/group-sightings.ts';
import { countOf } from '../analysis/name-nodes.ts';
import { firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook, StepResult } from '../runbook.ts';

const warnDays = 30;
/** Where web servers, mail servers, Let's Encrypt and Kubernetes keep them. What doesn't exist is passed over. */
const places = [
  '/etc/letsencrypt/live/*/cert.pem',
  '/etc/nginx/*.crt',
  '/etc/nginx/ssl/*.crt',
  '/etc/nginx/ssl/*.pem',
  '/etc/nginx/certs/*.crt',
  '/etc/nginx/certs/*.pem',
  '/etc/apache2/ssl/*.crt',
  '/etc/apache2/ssl/*.pem',
  '/etc/httpd/ssl/*.crt',
  '/etc/pki/tls/certs/localhost.crt',
  '/etc/haproxy/certs/*.pem',
  '/etc/postfix/*.pem',
  '/etc/dovecot/*.pem',
  '/etc/dovecot/private/*.pem',
  '/etc/ssl/certs/ssl-cert-snakeoil.pem',
  '/etc/kubernetes/pki/*.crt',
  '/var/lib/kubelet/pki/kubelet.crt',
];

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
      title: 'Subject and end of each certificate in the usual places',
      // The clock of the node decides, and what openssl says to each file stays with it.
      command: `date -u +%s; for file in ${places.join(' ')}; do if [ -f "$file" ]; then echo "== $file"; openssl x509 -noout -subject -enddate -in "$file" 2>&1; fi; done`,
    },
  ],
  analyse(observations) {
    // The code is that of the last file: 1 where that one holds no certificate.
    const answers = readAnswers(observations, 'certificates', readCertificates, { exitCodes: [0, 1] });
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
          : total === 1
            ? `The one certificate found on ${scope} has not expired and will not within ${warnDays} days`
            : `None of the ${countOf(total, 'certificate')} found on ${scope} has expired or will within ${warnDays} days`,
    });
  },
};

function readCertificates(result: StepResult): Reading<Certificate[]> {
  const [clock = '', ...files] = result.stdout.split(/^== /m);
  if (!/^\d{9,11}\n$/.test(clock)) {
    return { kind: 'unreadable', why: `did not tell its time (${firstLine(result.stderr) || 'no message'})` };
  }
  const nowMs = Number(clock) * 1_000;
  const found: Certificate[] = [];
  const unread: string[] = [];
  for (const file of files) {
    const [path = '', ...lines] = file.split('\n');
    const said = lines.join('\n');
    const endMs = Date.parse(/^notAfter=(.+)$/m.exec(said)?.[1] ?? '');
    if (Number.isNaN(endMs)) {
      // A key or a list of parameters is no certificate; what could not be opened may be one.
      if (/permission denied|not found|notAfter/i.test(said)) unread.push(`${path}: ${firstLine(said)}`);
      continue;
    }
    found.push({
      path,
      subject: subjectOf(said),
      secondsLeft: Math.floor((endMs - nowMs) / 1_000),
      endsOn: new Date(endMs).toISOString().slice(0, 10),
    });
  }
  const complaint = firstLine(unread.join('\n'));
  if (complaint !== '' && found.length === 0) {
    return { kind: 'unreadable', why: `could not read its certificates (${complaint})` };
  }
  return {
    kind: 'read',
    value: found,
    ...(complaint === '' ? {} : { partial: `could not read every certificate (${complaint})` }),
  };
}

/** `subject=CN = shop.example` or `subject= /O=Shop/CN=shop.example`, by the version of openssl. */
function subjectOf(said: string): string {
  const subject = /^subject=(.*)$/m.exec(said)?.[1] ?? '';
  const common = /CN\s*=\s*([^,/]+)/.exec(subject)?.[1]?.trim();
  return common ?? (firstLine(subject) || 'without a subject');
}
