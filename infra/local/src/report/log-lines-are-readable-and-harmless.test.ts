import { expect, test } from 'vitest';
import { renderLine } from './render-line.ts';
import { createStyle } from './style.ts';

const plain = createStyle(false);

test('a log line becomes one short line with its process, message and fields', () => {
  const line = JSON.stringify({
    level: 'info',
    time: '2026-01-01T00:00:00Z',
    service: 'gateway',
    runId: 'run_1',
    ms: 12,
    traceparent: '00-abc',
    msg: 'run created',
  });
  expect(renderLine('gateway', line, plain)).toBe('gateway       │ run created runId=run_1 ms=12');
});

test('a request that changes something, or is refused, is one short line; pages that read are not shown', () => {
  const line = (method: string, status: number) =>
    renderLine(
      'gateway',
      JSON.stringify({
        level: 'info',
        method,
        route: '/v1/runs',
        status,
        durationMs: 9,
        actor: 'member:u',
        msg: 'request',
      }),
      plain,
    );
  expect(line('POST', 202)).toBe('gateway       │ POST /v1/runs 202 9 ms');
  expect(line('GET', 404)).toBe('gateway       │ GET /v1/runs 404 9 ms');
  expect(line('GET', 200)).toBe(null);
});

test('an error shows its sentence and code, not its stack', () => {
  const line = JSON.stringify({
    level: 'error',
    msg: 'failed',
    err: { message: 'no route', code: 'E1', stack: 'at …' },
  });
  expect(renderLine('relay', line, plain)).toBe('relay         │ failed: no route (E1)');
});

test('what is not JSON passes as it is', () => {
  expect(renderLine('lab', 'sshd listens', plain)).toBe('lab           │ sshd listens');
  expect(renderLine('lab', '{not json', plain)).toBe('lab           │ {not json');
});

test('nothing that a terminal would obey gets through', () => {
  const nasty = 'a\u001b]0;title\u0007b\u009b31mc\rd\u202ee';
  const lines = [renderLine('x', nasty, plain), renderLine('x', JSON.stringify({ msg: nasty, output: nasty }), plain)];
  for (const line of lines) expect(line).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
  expect(lines[0]).toContain('a\\u001b]0;title\\u0007b\\u009b31mc\\u000dd\\u202ee');
});

test('colours appear only where they are wanted', () => {
  expect(renderLine('x', '{"level":"error","msg":"no"}', createStyle(true))).toContain('\u001b[31mno\u001b[0m');
  expect(renderLine('x', '{"level":"error","msg":"no"}', plain)).not.toContain('\u001b');
});
