// Every program that a simulated host has. What is not here is "not found", status 127.
import { controlPrograms } from './control-programs.ts';
import { filePrograms } from './file-programs.ts';
import type { Program } from './program.ts';
import { systemPrograms } from './system-programs.ts';
import { textPrograms } from './text-programs.ts';

export const programs: ReadonlyMap<string, Program> = new Map(
  Object.entries({ ...textPrograms, ...filePrograms, ...systemPrograms, ...controlPrograms }),
);
