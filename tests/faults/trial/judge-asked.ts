// The oracle for what was asked: however often a client had to ask, it is one run. Entered when that has ended. Reads PostgreSQL.
import type { World } from '../world/start-world.ts';

/** `mark`: what no other run's text holds. Returns what is wrong, a sentence each. */
export async function judgeAsked(mark: string, world: World): Promise<string[]> {
  const runs = await world.query<{ id: string }>('select id from runs where command like $1 or prompt like $1', [
    `%${mark}%`,
  ]);
  return runs.length === 1
    ? []
    : [`what was asked for once is ${runs.length} runs: ${runs.map(({ id }) => id).join(', ')}`];
}
