import { expect, it } from 'vitest';
import { problemOfError } from './problem-of-error.ts';

const reset = (message: string) => Object.assign(new Error(message), { code: 'ECONNRESET' });

it('a connection to PostgreSQL that is reset is SENA’s failure: the client may try again', () => {
  const { problem } = problemOfError(reset('read ECONNRESET'), '/v1/runs');
  expect(problem).toMatchObject({ status: 503, code: 'database_unavailable' });
});

it('a defect is SENA’s failure', () => {
  const { problem } = problemOfError(new Error('a defect'), '/v1/runs');
  expect(problem).toMatchObject({ status: 500, code: 'internal' });
});

it('a body that breaks off is the client’s', () => {
  const { problem } = problemOfError(reset('aborted'), '/v1/runs');
  expect(problem).toMatchObject({ status: 400, code: 'bad_request', detail: expect.stringContaining('body') });
});
