// Entered by every command of the satellite. Reads the one file that the customer owns; the cloud can't change it.
import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { canaryPattern } from '@sena/redaction/rules/canary-rule';
import { z } from 'zod';
import { OperatorError } from './operator-error.ts';
import { passkeyPolicySchema } from './passkey-policy.ts';

const path = z.string().min(1).max(4_096);

const credentialSchema = z.union([
  z.strictObject({
    /** An OpenSSH or PEM private key without a passphrase, readable by this process only. */
    privateKeyFile: path,
  }),
  z.strictObject({
    /** The name of an environment variable of this process that holds such a key, as a secret store would set it. */
    privateKeyVariable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of an environment variable'),
  }),
  z.strictObject({
    /** The socket of an ssh-agent. */
    agent: path,
  }),
]);
export type Credential = z.infer<typeof credentialSchema>;

const fileSchema = z.strictObject({
  /** Identity, journal, enrolment, status. Default: beside this file, its name with `.state`. */
  stateDirectory: path.optional(),
  /** What envelopes call a credential, and where it is here. */
  credentials: z.record(z.string().regex(/^[a-zA-Z0-9._-]{1,64}$/), credentialSchema).default({}),
  /** Host keys this site trusts, as OpenSSH writes them. Default: `known_hosts` in the state directory. */
  knownHostsFile: path.optional(),
  /** Addresses, CIDR ranges, host names or `*.suffix` that may be reached. Absent: any address of the site. */
  allowedAddresses: z.array(z.string().min(1).max(255)).optional(),
  /** While this file exists nothing starts. Default: `HALT` in the state directory. */
  haltFile: path.optional(),
  policy: z
    .strictObject({
      /** False: commands that may change something never run here, approved or not. */
      changesAllowed: z.boolean().default(true),
      /** False: what the cloud has allowed runs without an approval. Local refusals stay. */
      approvalRequiredToChange: z.boolean().default(true),
      /** Rules in Cedar that hold beside all that: what they forbid does not run, and what they want approved needs it. */
      policyFile: path.optional(),
      /** Whose passkeys a change needs here, whatever the cloud says. */
      passkeys: passkeyPolicySchema.prefault({}),
    })
    .prefault({}),
  redaction: z
    .strictObject({
      /**
       * Texts that never leave, wherever output holds them, as they are or in base64: what no rule can know for a secret, or planted to
       * prove that nothing leaves.
       */
      canaries: z
        .array(z.string().regex(canaryPattern, 'must be 8 to 512 characters of printable ASCII in one line'))
        .max(100)
        .default([]),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Connections being opened and commands being started at one moment. */
      startingMax: z.int().min(1).max(1_000).default(50),
      /** Commands running at one moment, all nodes together. */
      runningMax: z.int().min(1).max(10_000).default(1_000),
      /** Commands running at one moment on one node; sshd allows 10 sessions a connection. */
      runningPerNodeMax: z.int().min(1).max(8).default(4),
      /** An unused connection to a node is closed after this. */
      connectionIdleMs: z.int().min(1_000).max(3_600_000).default(60_000),
      /** Unused connections kept at one moment, about 35 KB each; the longest unused is closed first. */
      idleConnectionsMax: z.int().min(0).max(20_000).default(5_000),
      connectTimeoutMs: z.int().min(1_000).max(120_000).default(15_000),
      /** A node that went away during a change is asked for this long after the command's time was up; then it is unknown. */
      findOutMs: z.int().min(1_000).max(86_400_000).default(600_000),
      /** Output that the relay has not acknowledged yet: beyond it the command is slowed down. */
      spoolBytesPerExecution: z
        .int()
        .min(65_536)
        .default(2 * 1024 * 1024),
      spoolBytesTotal: z
        .int()
        .min(1_048_576)
        .default(64 * 1024 * 1024),
    })
    .prefault({}),
  /** False: starts without ssh2's native cryptography too, and costs more CPU. */
  nativeCryptoRequired: z.boolean().default(true),
  /** So many days after it was made this satellite's own key is changed for another one, by itself. Absent: when `rotate-key` is run. */
  rotateKeyAfterDays: z.int().min(1).max(3_650).optional(),
  /** `http://host:port` of a proxy that speaks CONNECT. */
  proxy: z.url({ protocol: /^http$/, error: 'must be an http:// address of a proxy' }).optional(),
  /** Certificates (PEM) to trust for the cloud's address, beside the usual ones. */
  caFile: path.optional(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
type ConfigFile = z.infer<typeof fileSchema>;

export type SatelliteConfig = Omit<ConfigFile, 'stateDirectory' | 'knownHostsFile' | 'haltFile'> & {
  file: string;
  stateDirectory: string;
  knownHostsFile: string;
  haltFile: string;
};

/** Relative paths in the file are relative to the file. Throws `OperatorError`, one line a wrong field. */
export function loadSatelliteConfig(file: string): SatelliteConfig {
  return parseSatelliteConfig(file, readText(file));
}

export function parseSatelliteConfig(file: string, text: string): SatelliteConfig {
  const absolute = resolve(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new OperatorError(`${absolute} is not JSON. Correct it and try again.`, { cause });
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(file)'}: ${issue.message}`);
    throw new OperatorError(`${absolute} is not a valid satellite configuration:\n${lines.join('\n')}`);
  }
  const beside = (value: string) => (isAbsolute(value) ? value : join(dirname(absolute), value));
  const stateDirectory = beside(parsed.data.stateDirectory ?? defaultStateDirectory(absolute));
  return {
    ...parsed.data,
    policy: {
      ...parsed.data.policy,
      ...(parsed.data.policy.policyFile === undefined ? {} : { policyFile: beside(parsed.data.policy.policyFile) }),
    },
    file: absolute,
    stateDirectory,
    knownHostsFile: beside(parsed.data.knownHostsFile ?? join(stateDirectory, 'known_hosts')),
    haltFile: beside(parsed.data.haltFile ?? join(stateDirectory, 'HALT')),
    credentials: Object.fromEntries(
      Object.entries(parsed.data.credentials).map(([name, credential]) => [
        name,
        'agent' in credential
          ? { agent: beside(credential.agent) }
          : 'privateKeyFile' in credential
            ? { privateKeyFile: beside(credential.privateKeyFile) }
            : credential,
      ]),
    ),
    ...(parsed.data.caFile === undefined ? {} : { caFile: beside(parsed.data.caFile) }),
  };
}

/** `/etc/sena/satellite.json` → `/etc/sena/satellite.state`. */
function defaultStateDirectory(file: string): string {
  return join(dirname(file), `${basename(file).replace(/\.json$/, '')}.state`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw new OperatorError(
        `There is no file ${file}. Correct --config; where no satellite is enrolled yet, add one in the console under Satellites and paste its command here.`,
        { cause },
      );
    }
    throw new OperatorError(`${file} can't be read (${code}). Check its owner and mode.`, { cause });
  }
}
