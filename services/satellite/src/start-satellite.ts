// The satellite, put together. Entered by `satellite run` and by tests. Needs its configuration file and state directory,
// no database and no environment.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Session } from '@sena/contracts/frames';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import type { Logger } from '@sena/telemetry/logger';
import { compileAllowedAddresses } from './config/allowed-addresses.ts';
import { type Enrolment, readEnrolment } from './config/enrolment.ts';
import { findUnusableKey } from './config/find-unusable-key.ts';
import { openLocalRules } from './config/open-local-rules.ts';
import { OperatorError } from './config/operator-error.ts';
import { readCredential } from './config/read-credential.ts';
import type { SatelliteConfig } from './config/satellite-config.ts';
import { keepSession, readSession } from './config/session-file.ts';
import { openStateDirectory, type StateFiles } from './config/state-directory.ts';
import { createRuntime } from './dispatch/create-runtime.ts';
import { lockState } from './journal/lock-state.ts';
import { openJournal } from './journal/open-journal.ts';
import { openKnownHosts } from './ssh/known-hosts.ts';
import { cryptoComplaint, requireNativeCrypto } from './ssh/require-native-crypto.ts';
import { createSshPool } from './ssh/ssh-pool.ts';
import { type SatelliteStatus, statusWriteMs, writeStatus } from './status/status-file.ts';
import { openDispatchKeys } from './trust/open-dispatch-keys.ts';
import { openIdentity } from './trust/open-identity.ts';
import { connectLoop } from './tunnel/connect-loop.ts';
import { type ConnectionEnd, connectOnce } from './tunnel/connect-once.ts';
import { version } from './version.ts';
import { openWitness } from './witness/open-witness.ts';

const dialTimeoutMs = 15_000;

type StartOptions = { refusedDelayMs?: number; environment?: Readonly<Record<string, string | undefined>> };

export type RunningSatellite = {
  /** Takes nothing new, lets running commands end for `graceMs`, then closes. What it leaves stands in the journal. */
  stop(graceMs: number): Promise<void>;
  /** Rejects when the satellite can't go on (its journal failed). Otherwise resolves after `stop`. */
  ended: Promise<void>;
};

/** Throws `OperatorError` when something is missing that a person has to provide. */
export async function startSatellite(
  config: SatelliteConfig,
  logger: Logger,
  /** `environment`: for credentials that are in it, and nothing else. */
  options: StartOptions = {},
): Promise<RunningSatellite> {
  const state = openStateDirectory(config.stateDirectory);
  const enrolment = readEnrolment(state.enrolment);
  if (enrolment === null) {
    throw new OperatorError(
      'This satellite is not enrolled yet. Add it in the console under Satellites and paste its command here.',
    );
  }
  const unlock = lockState(state.lock);
  try {
    return await connectAndWork(config, logger, state, enrolment, unlock, options);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function connectAndWork(
  config: SatelliteConfig,
  logger: Logger,
  state: StateFiles,
  enrolment: Enrolment,
  unlock: () => void,
  options: StartOptions,
): Promise<RunningSatellite> {
  const { organizationId, satelliteId } = enrolment;
  const { environment = {}, ...loopOptions } = options;
  const identity = openIdentity(state, { satelliteId, daysMax: config.rotateKeyAfterDays, logger });
  const allowedAddresses = compileAllowedAddresses(config.allowedAddresses);
  const dispatchKeys = openDispatchKeys(state.enrolment, enrolment, logger);
  const dial = {
    proxy: config.proxy,
    ca: config.caFile === undefined ? undefined : readFileSync(config.caFile, 'utf8'),
    timeoutMs: dialTimeoutMs,
  };
  const crypto = requireNativeCrypto(config.nativeCryptoRequired);
  const isNative = crypto.kind === 'works';
  if (isNative) logger.info("ssh2's native crypto binding is loaded");
  else logger.warn(cryptoComplaint(crypto));
  if (config.allowedAddresses === undefined) {
    logger.info('allowedAddresses is not set: the cloud may name any address that this machine reaches');
  }

  const unusable = await findUnusableKey(config.policy.passkeys);
  if (unusable !== null) throw new OperatorError(unusable);
  const parser = await loadBashParser();
  const localRules = await openLocalRules(config.policy.policyFile);
  const journal = await openJournal(state.journal, { isEnrolling: false });
  if (journal.identity.isReplacement) {
    logger.warn('the journal of this satellite was lost once; dispatches older than the new one are refused');
  }
  let failure: unknown = null;
  const stopping = new AbortController();
  const pool = createSshPool({
    knownHosts: openKnownHosts(config.knownHostsFile),
    allowedAddresses,
    readCredential: (name) => readCredential(config.credentials, environment, name),
    connectTimeoutMs: config.limits.connectTimeoutMs,
    idleMs: config.limits.connectionIdleMs,
    idleConnectionsMax: config.limits.idleConnectionsMax,
  });
  const witness = openWitness({
    ...{ state, identity: identity.current, organizationId, satelliteId, pinned: dispatchKeys.believed, logger },
  });
  const runtime = createRuntime({
    ...{
      config,
      organizationId,
      satelliteId,
      dispatchKeys,
      identity,
      parser,
      localRules,
      journal,
      pool,
      witness,
      logger,
    },
    fatal(error) {
      failure ??= error;
      stopping.abort();
    },
  });
  await runtime.recover();

  const startedAt = new Date().toISOString();
  let connection: SatelliteStatus['connection'] = { kind: 'connecting', detail: 'starting' };
  const saveStatus = () => {
    try {
      const [writtenAt, clockProblem, counts] = [new Date().toISOString(), runtime.clockProblem(), runtime.counts()];
      writeStatus(state.status, {
        ...{ pid: process.pid, version, startedAt, writtenAt, connection, clockProblem, counts },
        witnessProblem: witness.problem(),
        isNativeCryptoLoaded: isNative,
      });
    } catch (error) {
      logger.warn({ err: error }, 'the status file could not be written');
    }
  };
  /** Of this connection: tells of a key that waits to take this one's place, once; null: not connected, or the relay takes none. */
  let tellOfNextKey: (() => void) | null = null;
  const statusTimer = setInterval(() => {
    saveStatus();
    tellOfNextKey?.();
  }, statusWriteMs);
  const session = {
    read() {
      try {
        return readSession(state.session);
      } catch (error) {
        logger.error(
          { err: error },
          `${state.session} is damaged: the cloud takes this satellite for a copy, and locks it. Let an owner unlock it.`,
        );
        return null;
      }
    },
    keep: (next: Session) => keepSession(state.session, next),
  };

  async function connect(signal: AbortSignal): Promise<ConnectionEnd> {
    const shown = identity.toShow();
    const end = await connectOnce(
      {
        ...{
          tunnelUrl: enrolment.tunnelUrl,
          identity: shown,
          satelliteId,
          organizationId,
          version,
          dial,
          logger,
          session,
        },
        journalId: journal.identity.journalId,
        dispatchKeys: dispatchKeys.newest(),
        passkeysToChange: config.policy.passkeys.requiredToChange,
        welcomed(welcome, { relayId, nonce, askedAtMs }, link) {
          identity.wasTaken(shown);
          connection = { kind: 'connected', relayId, since: new Date().toISOString() };
          runtime.linkUp(welcome, link, askedAtMs);
          logger.info({ relayId, connectionEpoch: welcome.connectionEpoch }, 'connected');
          tellOfNextKey = () => {
            if (welcome.session === undefined) return;
            const change = identity.change({ nonce, relayId });
            if (change === null) return;
            tellOfNextKey = null;
            link.push(change);
          };
          tellOfNextKey();
          const problem = runtime.clockProblem();
          if (problem !== null) logger.error({ code: 'clock_skew' }, `${problem} Until then no work is accepted.`);
          saveStatus();
        },
        isDrained: runtime.isDrained,
        received: (frames) => runtime.receive(frames),
      },
      signal,
    );
    tellOfNextKey = null;
    const isOther = end.kind === 'refused' && end.code === 'satellite_unknown' && identity.isUnknown(shown);
    return isOther && !signal.aborted ? await connect(signal) : end;
  }

  const looping = connectLoop({
    ...loopOptions,
    signal: stopping.signal,
    connect,
    ended(end, retryInMs) {
      runtime.linkDown();
      if (end.kind === 'refused') {
        connection = end;
        logger.error({ code: end.code, retryInMs }, `the relay refused this satellite: ${end.message}`);
      } else {
        connection = { kind: 'connecting', detail: end.detail };
        logger.warn({ detail: end.detail, retryInMs }, 'not connected, it is tried again');
      }
      saveStatus();
    },
  });

  const ended = looping.then(async () => {
    clearInterval(statusTimer);
    runtime.linkDown();
    await runtime.stop(0);
    await journal.close();
    if (existsSync(state.status)) rmSync(state.status);
    unlock();
    if (failure !== null) throw failure;
  });
  // Whoever waits for the end sees the failure; nobody has to.
  ended.catch(() => undefined);
  return {
    async stop(graceMs) {
      await runtime.stop(graceMs);
      stopping.abort();
      await ended;
    },
    ended,
  };
}
