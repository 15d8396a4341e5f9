// Why nothing new is shown, and who can do what about it. Pure.
import type { ProblemError } from '@sena/sdk/problem-error';
import type { Failure } from './describe-failure.ts';

const byItself = 'This page goes on by itself as soon as it answers.';

export function describeOutage({ status, code }: Pick<ProblemError, 'status' | 'code'>): Failure {
  if (code === 'database_unavailable') {
    return {
      title: 'SENA can’t reach its database',
      detail: `${byItself} If it stays away, whoever runs SENA has to see that PostgreSQL is up.`,
    };
  }
  if (status === 0) return { title: 'SENA can’t be reached', detail: `${byItself} If not, check your network.` };
  return {
    title: 'SENA does not answer',
    detail: `It may be starting again. ${byItself} If it stays away, tell whoever runs it.`,
  };
}
