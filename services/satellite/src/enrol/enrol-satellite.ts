// Entered by `satellite enroll`. Spends the join token once; writes the identity key, the enrolment, an empty journal and,
// where there is none, a configuration file. Nothing is trusted whose fingerprint the operator did not give.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Enrolled, enrolledSchema, fleetNameSchema } from '@sena/contracts/http/fleet';
import { fingerprintOf } from '@sena/envelope/dispatch-key';
import { signEnrolment } from '@sena/envelope/enrolment-proof';
import { type Enrolment, readEnrolment, writeEnrolment } from '../config/enrolment.ts';
import { createIdentity, type Identity } from '../config/identity.ts';
import { OperatorError } from '../config/operator-error.ts';
import { parseSatelliteConfig, type SatelliteConfig } from '../config/satellite-config.ts';
import { openStateDirectory } from '../config/state-directory.ts';
import { openJournal } from '../journal/open-journal.ts';
import { requireNativeCrypto } from '../ssh/require-native-crypto.ts';
import { checkCloudAddress } from '../tunnel/cloud-address.ts';
import { postJson } from './post-json.ts';

const requestTimeoutMs = 20_000;

export type EnrolOptions = {
  url: string;
  token: string;
  /** `SHA256:…` of the organization's dispatch key, from the join command; several while keys are changed. */
  pins: readonly string[];
  name: string;
  configFile: string;
  /** For a configuration file that enrol has to write; an existing file keeps its own. */
  stateDirectory: string | undefined;
  credentials: Readonly<Record<string, string>>;
  knownHostsFile: string | undefined;
  caFile: string | undefined;
  proxy: string | undefined;
  version: string;
};

export type EnrolResult = { kind: 'enrolled' | 'already_enrolled'; enrolment: Enrolment; config: SatelliteConfig };

/** Throws `OperatorError` with what to do next. Run again after an enrolment it changes nothing and says so. */
export async function enrolSatellite(options: EnrolOptions): Promise<EnrolResult> {
  const url = checkCloudAddress(options.url, { secure: 'https:', plain: 'http:' });
  const name = fleetNameSchema.safeParse(options.name);
  if (!name.success) throw new OperatorError(`--name: ${name.error.issues[0]?.message}.`);
  for (const pin of options.pins) {
    if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(pin)) {
      throw new OperatorError(`--pin: ${JSON.stringify(pin)} is not a fingerprint. Copy the whole join command again.`);
    }
  }
  if (options.pins.length === 0) throw new OperatorError('--pin is missing. Copy the whole join command again.');

  const { config, isNew } = prepareConfig(options);
  const state = openStateDirectory(config.stateDirectory);
  const existing = readEnrolment(state.enrolment);
  if (existing !== null) return { kind: 'already_enrolled', enrolment: existing, config };

  // Before the token is spent: `run` would say the same.
  requireNativeCrypto(config.nativeCryptoRequired);
  const identity = createIdentity(state.identityKey);
  const enrolled = await requestEnrolment(url, identity, { ...options, name: name.data }, config);
  const dispatchKeys = pinKeys(enrolled, options.pins);
  checkCloudAddress(enrolled.tunnelUrl, { secure: 'wss:', plain: 'ws:' });

  // Made here, so that a journal that `run` has to make is known to replace one that was lost.
  const journal = await openJournal(state.journal, { isEnrolling: true });
  await journal.close();
  const enrolment: Enrolment = {
    url: url.href,
    tunnelUrl: enrolled.tunnelUrl,
    satelliteId: enrolled.satelliteId,
    organizationId: enrolled.organizationId,
    siteId: enrolled.siteId,
    name: name.data,
    enrolledAt: new Date().toISOString(),
    dispatchKeys: dispatchKeys.map(({ sequence: _, ...key }) => ({ ...key, retiredAt: null })),
    keySequence: dispatchKeys[0]?.sequence ?? 1,
    newestKeyId: dispatchKeys[0]?.keyId,
  };
  if (isNew) writeNewConfig(config.file, options);
  writeEnrolment(state.enrolment, enrolment);
  return { kind: 'enrolled', enrolment, config };
}

function prepareConfig(options: EnrolOptions): { config: SatelliteConfig; isNew: boolean } {
  const file = resolve(options.configFile);
  if (!existsSync(file)) return { config: parseSatelliteConfig(file, newConfigText(options)), isNew: true };
  const config = parseSatelliteConfig(file, readFileSync(file, 'utf8'));
  if (options.stateDirectory !== undefined && resolve(options.stateDirectory) !== config.stateDirectory) {
    throw new OperatorError(
      `${file} says that the state directory is ${config.stateDirectory}. Leave --state out, or change the file.`,
    );
  }
  return { config, isNew: false };
}

function newConfigText(options: EnrolOptions): string {
  const optional = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });
  const credentials = Object.entries(options.credentials).map(([name, file]) => [
    name,
    { privateKeyFile: resolve(file) },
  ]);
  const content = {
    ...optional('stateDirectory', options.stateDirectory && resolve(options.stateDirectory)),
    ...optional('knownHostsFile', options.knownHostsFile && resolve(options.knownHostsFile)),
    ...optional('caFile', options.caFile && resolve(options.caFile)),
    ...optional('proxy', options.proxy),
    credentials: Object.fromEntries(credentials),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function writeNewConfig(file: string, options: EnrolOptions): void {
  mkdirSync(dirname(file), { recursive: true });
  // `wx`: a file that somebody wrote meanwhile is theirs.
  writeFileSync(file, newConfigText(options), { mode: 0o600, flag: 'wx' });
}

async function requestEnrolment(
  url: URL,
  identity: Identity,
  { token, pins, name, version }: Pick<EnrolOptions, 'token' | 'pins' | 'name' | 'version'>,
  config: SatelliteConfig,
): Promise<Enrolled> {
  const address = new URL('/v1/enrolments', url);
  const publicKey = identity.publicKeySpki;
  const proof = signEnrolment({ token, pins, publicKey }, identity.privateKey);
  const body = { token, name, publicKey, pins, proof, version };
  const ca = config.caFile === undefined ? undefined : readFileSync(config.caFile, 'utf8');
  const answer = await postJson(address, body, { proxy: config.proxy, ca, timeoutMs: requestTimeoutMs }).catch(
    (cause: Error) => {
      throw new OperatorError(
        `${address.origin} can't be reached: ${cause.message}. Check the address and try again.`,
        {
          cause,
        },
      );
    },
  );
  if (answer.status < 200 || answer.status > 299) {
    throw new OperatorError(`The cloud refused (${answer.status}): ${sentenceOf(answer.body)}`);
  }
  const enrolled = enrolledSchema.safeParse(answer.body);
  if (!enrolled.success) {
    throw new OperatorError(
      `${address.origin} did not answer like SENA. Check the address and the satellite's version.`,
    );
  }
  return enrolled.data;
}

function pinKeys(enrolled: Enrolled, pins: readonly string[]): Enrolled['dispatchKeys'] {
  const matching = enrolled.dispatchKeys.filter(({ publicKey }) => pins.includes(fingerprintOrNothing(publicKey)));
  if (matching.length === 0) {
    const offered = enrolled.dispatchKeys.map(({ publicKey }) => fingerprintOrNothing(publicKey)).join(', ');
    throw new OperatorError(
      `The cloud's dispatch key (${offered || 'none'}) is not the one you pinned (${pins.join(', ')}). ` +
        'Somebody may be between this machine and SENA. Nothing was trusted: revoke the new satellite in the console and compare the fingerprints.',
    );
  }
  // The newest first: from it on the others are learned.
  return matching
    .toSorted((a, b) => b.sequence - a.sequence)
    .map(({ keyId, publicKey, sequence }) => ({ keyId, publicKey, fingerprint: fingerprintOf(publicKey), sequence }));
}

/** Computed from the key itself; what the answer claims is not looked at. */
function fingerprintOrNothing(publicKey: string): string {
  try {
    return fingerprintOf(publicKey);
  } catch {
    return '(not an Ed25519 key)';
  }
}

/** The sentence of an RFC 9457 problem. */
function sentenceOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return 'no reason was given.';
  const { detail, title } = body as { detail?: unknown; title?: unknown };
  const sentence = typeof detail === 'string' ? detail : typeof title === 'string' ? title : 'no reason was given.';
  return sentence.slice(0, 500);
}
