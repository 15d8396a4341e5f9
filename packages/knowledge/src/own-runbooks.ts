// SENA's own runbooks, in the order in which they are listed. Data only.
import type { Runbook } from './runbook.ts';
import { certificates } from './runbooks/certificates.ts';
import { cpuHogs } from './runbooks/cpu-hogs.ts';
import { deadServices } from './runbooks/dead-services.ts';
import { diskSpace } from './runbooks/disk-space.ts';
import { inodes } from './runbooks/inodes.ts';
import { kernelVersions } from './runbooks/kernel-versions.ts';
import { listeningPorts } from './runbooks/listening-ports.ts';
import { load } from './runbooks/load.ts';
import { memoryHogs } from './runbooks/memory-hogs.ts';
import { nodeHealth } from './runbooks/node-health.ts';
import { osVersions } from './runbooks/os-versions.ts';
import { packageVersions } from './runbooks/package-versions.ts';
import { uptime } from './runbooks/uptime.ts';

export const ownRunbooks: readonly Runbook[] = [
  nodeHealth,
  diskSpace,
  inodes,
  cpuHogs,
  memoryHogs,
  load,
  deadServices,
  listeningPorts,
  certificates,
  packageVersions,
  osVersions,
  kernelVersions,
  uptime,
];
