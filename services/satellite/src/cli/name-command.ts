// A command of the satellite as it can be pasted into the shell that this one came from.
import { basename, relative } from 'node:path';

/** `file`: the configuration, as an absolute path. `more`: further arguments, as they are typed. */
export function nameCommand(command: string, file: string, more = ''): string {
  return [nameProgram(), command, '--config', quote(file), more].filter((part) => part !== '').join(' ');
}

/** Started by npm in a checkout, as a program of its own, or by hand under Node. */
function nameProgram(): string {
  if (process.env.npm_lifecycle_event === 'satellite') return 'npm run satellite --';
  const [, program = ''] = process.argv;
  return basename(program) === 'satellite' ? 'satellite' : `node ${quote(relative('', program))}`;
}

function quote(text: string): string {
  return /^[A-Za-z0-9_./@:+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
