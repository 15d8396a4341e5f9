// Programs about files and directories. Entered by run-shell through programs.ts.
import { addDirectory, isDirectory, listDirectory, readModelFile, removeFile, writeFile } from './host-model.ts';
import { notSimulated, type Program, type ProgramCall, parseOptions } from './program.ts';
import { patternToRegExp } from './shell-patterns.ts';

export const filePrograms: Record<string, Program> = { basename, dirname, find, ls, mkdir, pwd, rm, touch };

function mkdir(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['p'], ['m']);
  if (unknown || operands.length === 0) return notSimulated(call, unknown ?? 'no operand');
  let status = 0;
  for (const operand of operands) {
    const path = call.resolve(operand);
    const parts = path.split('/').slice(1);
    const paths = flags.has('p') ? parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`) : [path];
    for (const one of paths) {
      if (flags.has('p') && isDirectory(call.host, one)) continue;
      const refusal = addDirectory(call.host, one);
      if (refusal === null) continue;
      call.err(`mkdir: cannot create directory '${operand}': ${refusal}\n`);
      status = 1;
      break;
    }
  }
  return status;
}

function touch(call: ProgramCall): number {
  let status = 0;
  for (const operand of call.args) {
    const path = call.resolve(operand);
    if (readModelFile(call.host, path) !== undefined) continue;
    const refusal = writeFile(call.host, path, '');
    if (refusal === null) continue;
    call.err(`touch: cannot touch '${operand}': ${refusal}\n`);
    status = 1;
  }
  return status;
}

function rm(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['r', 'R', 'f', 'v'], []);
  if (unknown) return notSimulated(call, unknown);
  let status = 0;
  for (const operand of operands) {
    const path = call.resolve(operand);
    const content = call.host.files.get(path);
    if (content === undefined) {
      if (flags.has('f')) continue;
      call.err(`rm: cannot remove '${operand}': No such file or directory\n`);
      status = 1;
    } else if (content === null && !flags.has('r') && !flags.has('R')) {
      call.err(`rm: cannot remove '${operand}': Is a directory\n`);
      status = 1;
    } else {
      for (const one of [...call.host.files.keys()])
        if (one === path || one.startsWith(`${path}/`)) removeFile(call.host, one);
    }
  }
  return status;
}

function ls(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['1', 'a', 'A', 'd'], []);
  if (unknown) return notSimulated(call, unknown);
  let status = 0;
  const named = operands.length > 0 ? operands : ['.'];
  const directories: { operand: string; names: string[] }[] = [];
  for (const operand of named) {
    const path = call.resolve(operand);
    if (isDirectory(call.host, path) && !flags.has('d'))
      directories.push({ operand, names: listDirectory(call.host, path) });
    else if (path === '/' || readModelFile(call.host, path) !== undefined) call.out(`${operand}\n`);
    else {
      call.err(`ls: cannot access '${operand}': No such file or directory\n`);
      status = 2;
    }
  }
  for (const [at, { operand, names }] of directories.entries()) {
    if (named.length > 1) call.out(`${at > 0 ? '\n' : ''}${operand}:\n`);
    for (const name of names) if (flags.has('a') || flags.has('A') || !name.startsWith('.')) call.out(`${name}\n`);
  }
  return status;
}

function pwd(call: ProgramCall): number {
  call.out(`${call.directory}\n`);
  return 0;
}

function basename(call: ProgramCall): number {
  const [path = '', suffix = ''] = call.args;
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
  call.out(`${suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`);
  return 0;
}

function dirname(call: ProgramCall): number {
  call.out(`${call.args[0]?.replace(/\/*[^/]+\/*$/, '') || (call.args[0]?.startsWith('/') ? '/' : '.')}\n`);
  return 0;
}

function find(call: ProgramCall): number {
  const args = [...call.args];
  const paths: string[] = [];
  while (args[0] !== undefined && !args[0].startsWith('-')) paths.push(args.shift() ?? '');
  const tests: ((path: string, depth: number) => boolean)[] = [];
  let depthMax = Number.POSITIVE_INFINITY;
  while (args.length > 0) {
    const option = args.shift();
    if (option === '-print') continue;
    const value = args.shift() ?? '';
    if (option === '-maxdepth') depthMax = Number(value);
    else if (option === '-mindepth') tests.push((_, depth) => depth >= Number(value));
    else if (option === '-type' && (value === 'f' || value === 'd')) {
      tests.push((path) => isDirectory(call.host, path) === (value === 'd'));
    } else if (option === '-name') {
      const pattern = patternToRegExp(value);
      tests.push((path) => pattern.test(path.split('/').at(-1) ?? ''));
    } else return notSimulated(call, `${option} ${value}`);
  }
  let status = 0;
  const visit = (shown: string, depth: number) => {
    const path = call.resolve(shown);
    if (tests.every((passes) => passes(path, depth))) call.out(`${shown}\n`);
    if (!isDirectory(call.host, path) || depth >= depthMax) return;
    for (const name of listDirectory(call.host, path)) visit(`${shown.replace(/\/$/, '')}/${name}`, depth + 1);
  };
  for (const shown of paths.length > 0 ? paths : ['.']) {
    const path = call.resolve(shown);
    if (isDirectory(call.host, path) || readModelFile(call.host, path) !== undefined) visit(shown, 0);
    else {
      call.err(`find: '${shown}': No such file or directory\n`);
      status = 1;
    }
  }
  return status;
}
