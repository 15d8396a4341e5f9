// What handlers work with: opened once by main, closed once by main. Types only.
import type { SenaAuth } from '@sena/auth/open-auth';
import type { Planner } from '@sena/contracts/domain/run';
import type { Pool } from '@sena/db/tenant';
import type { openPrisma } from '@sena/db/tenant-prisma';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import type { JobQueue } from '@sena/queue/open-queue';
import type { Signals } from '@sena/signals/open-signals';
import type { BackgroundWork } from './background-work.ts';
import type { Mail } from './mail/open-mail.ts';
import type { RunStreams } from './streams/open-run-streams.ts';

export interface Services {
  /** Role sena_app: rows of the organization that is set. */
  readonly pool: Pool;
  readonly prisma: ReturnType<typeof openPrisma>;
  readonly auth: SenaAuth;
  readonly queue: JobQueue;
  readonly signals: Signals;
  readonly shellParser: ShellParser;
  readonly cedar: CedarEngine;
  readonly streams: RunStreams;
  /** null: whoever runs SENA has named no server for mail. */
  readonly mail: Mail | null;
  readonly background: BackgroundWork;
  /** Signs what an audit webhook is sent. */
  sinkSecret(sinkId: string): string;
  readonly settings: GatewaySettings;
  /** Rejects with the reason while something that requests need does not answer. */
  ready(): Promise<void>;
  /** Without it requests are answered all the same; what they ask for is taken up later. The reason goes to the log. */
  isQueueReachable(): Promise<boolean>;
  /** Without them event streams are slower. */
  areDoorbellsHeard(): Promise<boolean>;
}

export interface GatewaySettings {
  /** The one public address, without a slash at its end. */
  readonly publicUrl: string;
  readonly planners: Array<Exclude<Planner, 'none'>>;
  /** Networks in which sign-in providers may be, although they are private. */
  readonly signInProviderNetworks: readonly string[];
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Hosts that are not public, and to which audit records may be sent all the same. */
  readonly privateSinkHosts: ReadonlySet<string>;
  readonly limits: {
    /** Per member, or per address where nobody is signed in. */
    readonly requestsPerMinute: number;
    /** Wrong keys and sessions per address, before more are refused unread. */
    readonly failedKeysPerMinute: number;
    /** Per address: enrolments, and what else is asked for by nobody and costs something. */
    readonly enrolmentsPerMinute: number;
    readonly bodyBytes: number;
    /** For headers and body to arrive; answers may take as long as they need (event streams). */
    readonly requestMs: number;
    readonly streams: number;
    readonly streamsPerMember: number;
  };
}
