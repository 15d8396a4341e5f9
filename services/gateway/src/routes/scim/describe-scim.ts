// How the routes below /scim/v2 stand in the OpenAPI document: their tokens, their content type and their errors are SCIM's own. Pure.
import { scimErrorSchema } from '@sena/contracts/http/scim';
import { z } from 'zod';

export const scimContentType = 'application/scim+json';

/** `answer` null: there is none to describe. */
export function describeScim<const Parts extends object>(
  described: { operationId: string; summary: string; status: 200 | 201 | 204; answer: z.ZodType | null },
  parts: Parts,
): Parts {
  const { operationId, summary, status, answer } = described;
  const problem = (description: string) => ({
    description,
    content: { [scimContentType]: { schema: scimErrorSchema } },
  });
  const response = {
    [status]:
      answer === null
        ? z.null().describe('Deleted')
        : {
            description: status === 201 ? 'Created' : 'OK',
            content: { [scimContentType]: { schema: answer } },
          },
    400: problem('A filter, a path or a value is wrong; `scimType` says which.'),
    401: problem('There is no such token, or its time is over.'),
    ...('params' in parts ? { 404: problem('The directory has nothing with this id.') } : {}),
    ...('body' in parts || status === 204
      ? { 409: problem('The name is taken, or the organization would be left without an owner.') }
      : {}),
    ...('body' in parts
      ? {
          413: problem('The body is too large.'),
          415: problem('The body is not JSON.'),
        }
      : {}),
    429: problem('Too many requests.'),
    500: problem('SENA failed at this request.'),
    503: problem('The database does not answer; try again after `Retry-After`.'),
  };
  return {
    ...parts,
    ...{ operationId, summary, tags: ['directory'], security: [{ scimToken: [] }], response },
    ...('body' in parts ? { consumes: [scimContentType] } : {}),
  };
}
