// Entered from judge-program. Parses the catalogue once, when the package loads: a wrong entry stops the start.
import { askingUses } from './asking-uses.ts';
import { builtinPrograms } from './builtins.ts';
import { changingPrograms } from './changing.ts';
import { changingUses } from './changing-uses.ts';
import { clusterPrograms } from './clusters.ts';
import { containerPrograms } from './containers.ts';
import { databasePrograms } from './databases.ts';
import { diskPrograms } from './disks.ts';
import { filePrograms } from './files.ts';
import { hardwarePrograms } from './hardware.ts';
import { networkPrograms } from './network.ts';
import { packagePrograms } from './packages.ts';
import { processPrograms } from './processes.ts';
import {
  type ChangingProgram,
  changingProgramSchema,
  type Program,
  type ProgramInput,
  programSchema,
  type Shape,
} from './schema.ts';
import { serverPrograms } from './servers.ts';
import { servicePrograms } from './services.ts';
import { systemPrograms } from './system.ts';
import { textPrograms } from './text.ts';
import { versionPrograms } from './versions.ts';

const areas: ReadonlyArray<readonly ProgramInput[]> = [
  builtinPrograms,
  filePrograms,
  textPrograms,
  processPrograms,
  systemPrograms,
  servicePrograms,
  networkPrograms,
  diskPrograms,
  hardwarePrograms,
  packagePrograms,
  containerPrograms,
  clusterPrograms,
  serverPrograms,
  databasePrograms,
  versionPrograms,
  changingUses,
  askingUses,
];

const programs = indexPrograms();
const changing = indexChanging();

/** By name, without directory. */
export function findProgram(name: string): Program | undefined {
  return programs.get(name);
}

export function findChanging(name: string): ChangingProgram | undefined {
  return changing.get(name) ?? changing.get(name.replace(/[.-]?\d[\d.]*$/, ''));
}

/** `uses`: sub-commands beside, each as one. */
export function countDescribed(): { programs: number; uses: number } {
  const usesOf = ({ subcommands, bare }: Shape): number =>
    subcommands === undefined
      ? 1
      : Object.entries(subcommands).reduce(
          (sum, [names, shape]) => sum + names.split('|').length * usesOf(shape),
          bare ? 1 : 0,
        );
  return { programs: programs.size, uses: [...programs.values()].reduce((sum, program) => sum + usesOf(program), 0) };
}

function indexPrograms(): Map<string, Program> {
  const index = new Map<string, Program>();
  for (const input of areas.flat()) {
    const program = programSchema.parse(input);
    for (const name of [program.name, ...program.also]) {
      if (index.has(name)) throw new Error(`The catalogue describes ${name} twice. Join the two entries.`);
      index.set(name, { ...program, name });
    }
  }
  return index;
}

function indexChanging(): Map<string, ChangingProgram> {
  const index = new Map<string, ChangingProgram>();
  for (const entry of changingPrograms) {
    const program = changingProgramSchema.parse(entry);
    for (const name of program.names) index.set(name, program);
  }
  return index;
}
