// The fleet that a first start shows: twelve hosts in two sites, eight of them with something wrong, four controls.
// Data only.
import type { Fault, LabHostSpec, LabSiteSpec, ServiceName } from './lab.ts';

export function demoFleet(): LabSiteSpec[] {
  return [
    {
      name: 'fra1',
      hosts: [
        host('web-01', 'web', 'fra1-a'),
        host('web-02', 'web', 'fra1-a', 'dead-service'),
        host('web-03', 'web', 'fra1-b', 'cpu-hog'),
        host('web-04', 'web', 'fra1-b', 'expired-certificate'),
        host('db-01', 'db', 'fra1-a', 'full-disk'),
        host('cache-01', 'cache', 'fra1-b', 'memory-hog'),
      ],
    },
    {
      name: 'iad1',
      hosts: [
        host('web-05', 'web', 'iad1-a'),
        host('web-06', 'web', 'iad1-a', 'unexpected-listener', 'old-package'),
        host('web-07', 'web', 'iad1-b', 'full-disk', 'dead-service'),
        host('web-08', 'web', 'iad1-b'),
        host('db-02', 'db', 'iad1-a'),
        host('queue-01', 'queue', 'iad1-b', 'inodes-exhausted'),
      ],
    },
  ];
}

const serviceOf: Record<string, ServiceName> = { web: 'shop', db: 'ledger', cache: 'sessions', queue: 'orders' };

function host(name: string, role: string, rack: string, ...faults: Fault[]): LabHostSpec {
  return { name, labels: { role, env: 'production', rack }, faults, services: [serviceOf[role] ?? 'shop', 'metrics'] };
}
