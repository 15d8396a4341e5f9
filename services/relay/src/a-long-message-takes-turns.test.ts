import { createLogger } from '@sena/telemetry/logger';
import { expect, it } from 'vitest';
import type { HeldSatellite } from './held-satellites.ts';
import { type FrameRooms, receiveFrames } from './receive-frames.ts';

it('whoever else has something to say gets a turn within a message of thousands of frames', async () => {
  // Answers that nobody asked for: each is a line in the log, and nothing else is entered.
  const rooms = { logger: createLogger('relay', 'silent'), reconciliations: new WeakMap() } as unknown as FrameRooms;
  const satellite = { satelliteId: 'sat', organizationId: 'org' } as HeldSatellite;
  const frames = Array.from({ length: 2_000 }, () => ({ t: 'reconciled' as const, executions: [] }));
  let turns = 0;
  let isRead = false;
  const count = () => {
    turns += 1;
    if (!isRead) setImmediate(count);
  };
  setImmediate(count);
  await receiveFrames(rooms, satellite, frames);
  isRead = true;
  expect(turns).toBeGreaterThanOrEqual(3);
});
