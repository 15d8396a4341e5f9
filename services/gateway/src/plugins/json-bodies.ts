// Bodies are JSON, and nothing else. An empty one is none: routes whose body is optional are called with and without it.
import { SenaError } from '@sena/contracts/errors';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

/** Whoever looks into a body goes from level to level: a body of brackets alone would exhaust the stack. */
const depthMax = 32;

export const jsonBodies = fp(
  async (app: GatewayApp) => {
    // Refuses `__proto__` and `constructor.prototype` keys.
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      ['application/json', 'application/scim+json'],
      { parseAs: 'string' },
      (request, body, done) => {
        if (body === '') done(null, undefined);
        else if (isTooDeep(body as string))
          done(new SenaError('bad_request', `The body is nested deeper than ${depthMax} levels. Send it flatter.`));
        else parse(request, body as string, done);
      },
    );
  },
  { name: 'json-bodies' },
);

/** Of the text as it came, before anything walks through it. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (isInString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') isInString = false;
    } else if (letter === '"') isInString = true;
    else if (letter === '[' || letter === '{') {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (letter === ']' || letter === '}') depth -= 1;
  }
  return false;
}
