// How much of what satellites reported waits in this process for PostgreSQL: of everybody together, and of each organization, so that one
// does not hold up the others. Entered by the recorder, which adds and takes, and by tunnels, which are not read meanwhile. Memory only.

export interface WaitingBounds {
  readonly bytesMax: number;
  readonly ofOrganizationBytesMax: number;
}

/** Beyond them by one message at most: what is full is noticed when it is. */
export const usualBounds: WaitingBounds = {
  bytesMax: 64 * 1024 * 1024,
  ofOrganizationBytesMax: 16 * 1024 * 1024,
};

export interface Waiting {
  /** Nothing more of this organization is to be taken in, until half of the bound is free again. */
  isFull(organizationId: string): boolean;
  /** Counts them once there is room, and resolves then. Looking and counting are one step: nobody comes between. */
  enter(organizationId: string, bytes: number): Promise<void>;
  take(organizationId: string, bytes: number): void;
  bytes(): number;
  /** `changed` is called when somebody has become full, or is no longer. Returns what ends it. */
  watch(changed: () => void): () => void;
}

export function boundWaiting({ bytesMax, ofOrganizationBytesMax }: WaitingBounds = usualBounds): Waiting {
  const everybody = { bytes: 0, isFull: false };
  const organizations = new Map<string, { bytes: number; isFull: boolean }>();
  const watchers = new Set<() => void>();

  function isFull(organizationId: string): boolean {
    return everybody.isFull || (organizations.get(organizationId)?.isFull ?? false);
  }

  function change(organizationId: string, by: number): void {
    const organization = organizations.get(organizationId) ?? { bytes: 0, isFull: false };
    organizations.set(organizationId, organization);
    const hasTurned = [turn(organization, by, ofOrganizationBytesMax), turn(everybody, by, bytesMax)].includes(true);
    if (organization.bytes === 0) organizations.delete(organizationId);
    if (hasTurned) for (const changed of [...watchers]) changed();
  }

  return {
    isFull,
    async enter(organizationId, bytes) {
      while (isFull(organizationId)) {
        await new Promise<void>((resolve) => {
          const changed = () => {
            watchers.delete(changed);
            resolve();
          };
          watchers.add(changed);
        });
      }
      change(organizationId, bytes);
    },
    take: (organizationId, bytes) => change(organizationId, -bytes),
    bytes: () => everybody.bytes,
    watch(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}

/** True: full now and not before, or the other way round. */
function turn(side: { bytes: number; isFull: boolean }, by: number, max: number): boolean {
  const before = side.isFull;
  side.bytes += by;
  side.isFull = before ? side.bytes > max / 2 : side.bytes >= max;
  return side.isFull !== before;
}
