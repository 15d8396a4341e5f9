// What the catalogue says about a program as it is called. Entered from wherever a program's name is written out. Pure.
import { findProgram } from '../catalogue/find-program.ts';
import type { Program } from '../catalogue/schema.ts';

const systemDirectory = /^\/(?:usr\/)?s?bin\/(?=[^/]+$)/;

export function lookUp(written: string): Program | undefined {
  return findProgram(programName(written));
}

/** Programs are known by name where the system keeps them; anywhere else the name says nothing. */
export function programName(written: string): string {
  return written.replace(systemDirectory, '');
}
