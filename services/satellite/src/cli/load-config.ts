// The configuration that a command was given; for a path that was mistyped or meant from another folder, the command as it should be.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OperatorError } from '../config/operator-error.ts';
import { loadSatelliteConfig, type SatelliteConfig } from '../config/satellite-config.ts';
import { nameCommand } from './name-command.ts';

const usualPlaces = ['.sena/satellite.json', '/etc/sena/satellite.json'];

/** Throws `OperatorError`. `command`: which one was typed. */
export function loadConfig(command: string, file: string): SatelliteConfig {
  const given = resolve(file);
  const found = usualPlaces.map((place) => resolve(place)).find((place) => existsSync(place));
  if (!existsSync(given) && found !== undefined) {
    throw new OperatorError(
      `There is no file ${given}, but there is ${found}. For that one: ${nameCommand(command, found)}`,
    );
  }
  return loadSatelliteConfig(file);
}
