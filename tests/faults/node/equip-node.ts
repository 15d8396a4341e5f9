// Makes a lab host one that can lose its power and whose clock can be wrong: a library that is loaded into everything that runs there, and a
// step of its init. Entered by start-lane, once a node. Writes on that node only, past SENA.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LabHost } from '@sena/lab/lab';
import type { Libraries } from '../world/build-libraries.ts';

export interface NodeDisk {
  /** Of what was asked for under this id, the end is synced. */
  hasSyncedEnd(executionId: string): Promise<boolean>;
  /** Pulls the plug; resolves when the node is up again, with what was on its disk. `draw`: which of the unsynced is. */
  losePower(draw: number): Promise<void>;
}

interface Bare {
  readonly host: LabHost;
  readonly isPlain: boolean;
  look(command: string): Promise<string>;
}

export interface NodeEquipment {
  setClock(offsetMs: number): Promise<boolean>;
  readonly disk: NodeDisk | null;
}

const unequipped: NodeEquipment = { setClock: async () => false, disk: null };

export async function equipNode({ host, isPlain, look }: Bare, libraries: Libraries | null): Promise<NodeEquipment> {
  // Where the lab has no root, a login may not write what every process loads.
  if (libraries === null || host.user !== 'root') return unequipped;
  const library = (await readFile(libraries.node)).toString('base64');
  const restore = await readFile(path.join(import.meta.dirname, 'restore.sh'), 'utf8');
  await look(`mkdir -p /srv/disk/synced && printf '%-24s' 0 >/srv/clock && base64 -d >/srv/node.so <<'END'
${library}
END
cat >/srv/disk/restore <<'END'
${restore}END
cd /etc/lab && { head -n 1 init; echo 'sh /srv/disk/restore'; tail -n +2 init; } >init.new && chmod 755 init.new && mv init.new init`);
  const said = await look(
    'LD_PRELOAD=/srv/node.so true && echo /srv/node.so >/etc/ld.so.preload && true && echo equipped',
  );
  if (said.trim() !== 'equipped') throw new Error(`${host.name} could not be equipped: ${said}`);
  return {
    async setClock(offsetMs) {
      await look(`printf '%-24s' ${offsetMs} 1<>/srv/clock`);
      return true;
    },
    disk: isPlain
      ? null
      : {
          hasSyncedEnd: async (executionId) =>
            (await look(`grep -c ' end$' /srv/disk/synced/${executionId}.l`)).trim() === '1',
          async losePower(draw) {
            await look(`echo ${draw} >/srv/disk/lost`);
            await host.reboot();
          },
        },
  };
}
