// Entered from judge-program with one argument of a program that talks to other machines. Does it name the service that hands out a
// cloud's credentials, in whatever way an address can be written? Pure.

const metadataHosts = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '192.0.0.192',
  '[fd00:ec2::254]',
  '[fd00:ec2::23]',
  '[fd20:ce::254]',
  'metadata',
  'metadata.google.internal',
  'instance-data',
  'instance-data.ec2.internal',
]);

const written = /169\.254\.169\.254|169\.254\.170\.2|metadata\.google|fd00:ec2::254|100\.100\.100\.200|192\.0\.0\.192/i;

export function namesMetadata(argument: string): boolean {
  if (written.test(argument)) return true;
  // `--url=…`, `user@host:path` and the bare host are addresses too.
  const candidates = [argument, argument.replace(/^[^=]*=/, '')].flatMap((text) => [text, text.replace(/^[^@]*@/, '')]);
  return candidates.some((text) => metadataHosts.has(hostOf(text)));
}

/** As a browser writes it: decimal, octal and hexadecimal forms of an address become the dotted one. Empty: it is no address. */
function hostOf(text: string): string {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text.replace(/^[a-z][a-z0-9+.-]*:/i, 'http:')
    : `http://${text}`;
  const host = URL.canParse(address) ? new URL(address).hostname.replace(/[.]$/, '') : '';
  // The old address within the new.
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(host);
  if (mapped === null) return host;
  const [high, low] = mapped.slice(1).map((part) => Number.parseInt(part, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
