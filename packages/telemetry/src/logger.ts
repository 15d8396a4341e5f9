// Every process logs through this: one JSON object a line, secrets censored by name.
// Writes to stdout only.
import { type LoggerOptions, pino } from 'pino';

/** Field names whose values never reach a log, at any of the first three levels. */
const secretNames = [
  'password',
  'token',
  'apiKey',
  'authorization',
  'cookie',
  'privateKey',
  'secret',
  'joinToken',
  'set-cookie',
  'x-api-key',
  'envelope',
];
const paths = secretNames.flatMap((name) => {
  const key = /^[a-zA-Z]+$/.test(name) ? name : `["${name}"]`;
  const at = (parent: string) => (key.startsWith('[') ? `${parent}${key}` : `${parent}.${key}`);
  return [key, at('*'), at('*.*')];
});

export type Logger = import('pino').Logger;

/** `level`: trace|debug|info|warn|error|silent. `destination`: instead of stdout, for tests that read the log. */
export function createLogger(service: string, level = 'info', destination?: { write(line: string): void }): Logger {
  const options: LoggerOptions = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths, censor: '[redacted]' },
    formatters: { level: (label) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
