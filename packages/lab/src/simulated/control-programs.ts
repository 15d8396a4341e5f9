// Programs that change a simulated host or run other programs. Entered by run-shell through programs.ts.
import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceName } from '../lab.ts';
import {
  killProcess,
  listDirectory,
  processOfService,
  readModelFile,
  startService,
  stopService,
} from './host-model.ts';
import { notSimulated, type Program, type ProgramCall } from './program.ts';

export const controlPrograms: Record<string, Program> = {
  '[': test,
  bash: sh,
  dash: sh,
  env,
  false: () => 1,
  kill,
  nice,
  service,
  sh,
  sleep,
  test,
  timeout,
  true: () => 0,
};

async function sh(call: ProgramCall): Promise<number> {
  const [flag, text, , ...parameters] = call.args;
  if (flag === '-c' && text !== undefined) return await call.runScript(text, parameters);
  if (flag === undefined || flag === '-s') {
    const script = call.input.text;
    call.input.text = '';
    return await call.runScript(script, []);
  }
  return notSimulated(call, call.args.join(' '));
}

async function env(call: ProgramCall): Promise<number> {
  let variables = new Map(call.variables);
  const rest = [...call.args];
  for (;;) {
    const [argument] = rest;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(argument ?? '');
    if (argument === '-i' || argument === '-') variables = new Map();
    else if (assignment) variables.set(assignment[1] ?? '', assignment[2] ?? '');
    else if (argument?.startsWith('-')) return notSimulated(call, argument);
    else break;
    rest.shift();
  }
  if (rest.length > 0) return await call.runWords(rest, variables);
  for (const [name, value] of variables) call.out(`${name}=${value}\n`);
  return 0;
}

async function nice(call: ProgramCall): Promise<number> {
  const [flag, , ...rest] = call.args;
  if (flag === '-n') return await call.runWords(rest);
  if (flag?.startsWith('-')) return await call.runWords(call.args.slice(1));
  return await call.runWords(call.args);
}

async function timeout(call: ProgramCall): Promise<number> {
  const rest = [...call.args];
  while (rest[0]?.startsWith('-')) if (/^-[ks]$/.test(rest.shift() ?? '')) rest.shift();
  const seconds = parseSeconds(rest.shift());
  if (seconds === null) return notSimulated(call, call.args.join(' '));
  const timer = new AbortController();
  const running = call.runWords(rest);
  const ended = await Promise.race([
    running,
    wait(seconds * 1000, null, { signal: AbortSignal.any([call.signal, timer.signal]) }).catch(() => null),
  ]);
  timer.abort();
  if (ended !== null) return ended;
  running.catch(() => undefined);
  call.signal.throwIfAborted();
  return 124;
}

async function sleep(call: ProgramCall): Promise<number> {
  const seconds = call.args.map(parseSeconds);
  if (seconds.length === 0 || seconds.includes(null)) {
    call.err(`sleep: invalid time interval '${call.args.join(' ')}'\n`);
    return 1;
  }
  const total = seconds.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  await wait(Math.min(total * 1000, 2_147_483_647), undefined, { signal: call.signal });
  return 0;
}

function parseSeconds(text: string | undefined): number | null {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  const match = /^(\d+(?:\.\d+)?|\.\d+)([smhd]?)$/.exec(text ?? '');
  if (!match) return null;
  const units: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };
  return Number(match[1]) * (units[match[2] || 's'] ?? 1);
}

function service(call: ProgramCall): number {
  const [name = '', action = ''] = call.args;
  if (name === '--status-all') {
    for (const one of listDirectory(call.host, '/etc/init.d')) {
      const isRunning = one === 'ssh' || processOfService(call.host, one) !== undefined;
      call.out(` [ ${isRunning ? '+' : '-'} ]  ${one}\n`);
    }
    return 0;
  }
  if (readModelFile(call.host, `/etc/init.d/${name}`) === undefined) {
    call.err(`${name}: unrecognized service\n`);
    return 1;
  }
  if (name === 'ssh') {
    if (action !== 'status') return notSimulated(call, `ssh ${action}`);
    call.out(`ssh is running (pid ${call.host.files.get('/run/sshd.pid')?.trim()})\n`);
    return 0;
  }
  const known = name as ServiceName;
  const running = processOfService(call.host, name);
  switch (action) {
    case 'status':
      if (running) call.out(`${name} is running (pid ${running.pid})\n`);
      else if (call.host.files.has(`/run/${name}.pid`)) call.out(`${name} is dead and its pid file exists\n`);
      else call.out(`${name} is not running\n`);
      return running ? 0 : call.host.files.has(`/run/${name}.pid`) ? 1 : 3;
    case 'start':
      if (!running) startService(call.host, known);
      call.out(running ? `${name} is already running\n` : `${name} started\n`);
      return 0;
    case 'stop':
      stopService(call.host, known);
      call.out(running ? `${name} stopped\n` : `${name} is not running\n`);
      return 0;
    case 'restart':
    case 'force-reload':
      stopService(call.host, known);
      startService(call.host, known);
      call.out(`${running ? `${name} stopped` : `${name} is not running`}\n${name} started\n`);
      return 0;
    default:
      call.err(`Usage: service ${name} {start|stop|restart|force-reload|status}\n`);
      return 2;
  }
}

function kill(call: ProgramCall): number {
  const args = [...call.args];
  let signal = 'TERM';
  if (args[0] === '-s' || args[0] === '-n') signal = args.splice(0, 2)[1] ?? '';
  else if (/^-[A-Z0-9]+$/i.test(args[0] ?? '') && args.length > 1) signal = args.shift()?.slice(1) ?? '';
  if (args[0] === '--') args.shift();
  let status = 0;
  for (const target of args) {
    const pid = Math.abs(Number(target));
    const isKnown = call.host.processes.has(pid);
    if (!isKnown) {
      call.err(`sh: 1: kill: No such process\n`);
      status = 1;
    } else if (signal !== '0') killProcess(call.host, pid);
  }
  return status;
}

function test(call: ProgramCall): number {
  const args = [...call.args];
  if (call.name === '[' && args.pop() !== ']') {
    call.err('sh: 1: [: missing ]\n');
    return 2;
  }
  if (args[0] === '!') return evaluate(call, args.slice(1), true);
  return evaluate(call, args, false);
}

function evaluate(call: ProgramCall, args: string[], isNegated: boolean): number {
  const result = judge(call, args);
  if (result === null) return notSimulated(call, args.join(' '));
  return Number(result === isNegated);
}

/** null: not a form that is known here. */
function judge(call: ProgramCall, args: string[]): boolean | null {
  const [left = '', operator = '', right = ''] = args;
  if (args.length === 0) return false;
  if (args.length === 1) return left !== '';
  if (args.length === 2) {
    const path = call.resolve(operator);
    const content = path === '/' ? null : readModelFile(call.host, path);
    switch (left) {
      case '-n':
        return operator !== '';
      case '-z':
        return operator === '';
      case '-e':
      case '-r':
      case '-w':
        return content !== undefined;
      case '-f':
        return typeof content === 'string';
      case '-d':
        return content === null;
      case '-s':
        return typeof content === 'string' && content !== '';
      default:
        return null;
    }
  }
  if (args.length > 3) return null;
  const [a, b] = [Number(left), Number(right)];
  switch (operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '-eq':
      return a === b;
    case '-ne':
      return a !== b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    case '-ge':
      return a >= b;
    default:
      return null;
  }
}
