// Enrols a site's satellite with a join token from the API, by its own program, as a customer would; one that is enrolled is told where SENA is
// now. Entered by runSatellite. Writes the satellite's directory through that program; spends one join token.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { joinTokenSchema, type Site } from '@sena/contracts/http/fleet';
import { z } from 'zod';
import { type ApiAccess, ApiError, callApi } from '../api/call-api.ts';
import { inheritedEnvironment } from '../stack/inherited-environment.ts';
import type { LabSite } from './run-lab.ts';

export type SatelliteHome = {
  name: string;
  /** The program's entry. */
  program: string;
  directory: string;
  configFile: string;
};

const enrolTimeoutMs = 30_000;
/** The dispatch key, which a join token names, is made by the signer at its leisure. */
const keyWithinMs = 30_000;

/** @returns the satellite's id. @throws {Error} with what the program said. */
export async function enrolSatellite(
  home: SatelliteHome,
  access: ApiAccess,
  site: Site,
  lab: LabSite,
): Promise<string> {
  const enrolled = readEnrolment(home);
  if (enrolled !== null) {
    if (new URL(enrolled.url).origin !== new URL(access.url).origin) {
      await runToItsEnd(lab, home, ['move', '--url', access.url, '--config', home.configFile]);
    }
    return enrolled.satelliteId;
  }

  mkdirSync(home.directory, { recursive: true, mode: 0o700 });
  const config = {
    credentials: { default: { privateKeyFile: lab.clientKeyPath } },
    knownHostsFile: lab.knownHostsPath,
    // A demonstration runs on machines without a compiler too.
    nativeCryptoRequired: false,
  };
  writeFileSync(home.configFile, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  const token = await createJoinToken(access, site.id);
  await runToItsEnd(lab, home, [
    ...['enroll', '--url', access.url, '--token', token.token, '--pin', token.dispatchKeyFingerprint],
    ...['--name', home.name, '--config', home.configFile],
  ]);
  const now = readEnrolment(home);
  if (now === null) throw new Error(`The satellite ${home.name} says that it has enrolled, but has kept nothing.`);
  return now.satelliteId;
}

async function createJoinToken(access: ApiAccess, siteId: string) {
  const deadline = Date.now() + keyWithinMs;
  for (;;) {
    try {
      return await callApi(access, {
        method: 'POST',
        path: `/v1/sites/${siteId}/join-tokens`,
        body: { expiresInSeconds: 300 },
        answer: joinTokenSchema,
      });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'not_ready' || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

const enrolmentSchema = z.object({ satelliteId: z.string(), siteId: z.string(), url: z.url() });

export function readEnrolment(home: Pick<SatelliteHome, 'directory'>): z.infer<typeof enrolmentSchema> | null {
  try {
    const file = path.join(home.directory, 'satellite.state', 'enrolment.json');
    return enrolmentSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function runToItsEnd(lab: LabSite, home: SatelliteHome, command: readonly string[]): Promise<void> {
  const [program, ...args] = [
    ...[...lab.enter, process.execPath],
    ...['--disable-warning=ExperimentalWarning', home.program, ...command],
  ] as [string, ...string[]];
  const child = spawn(program, args, {
    cwd: home.directory,
    env: inheritedEnvironment(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: enrolTimeoutMs,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`The satellite ${home.name} could not ${command[0]} (code ${code}). It said:\n${output.trim()}`),
        );
    });
  });
}
