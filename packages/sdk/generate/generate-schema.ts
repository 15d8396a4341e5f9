// Turns openapi.json, which the gateway writes, into src/schema.ts. Entered from `pnpm generate` and from the test that
// keeps the two together. Touches nothing but the text it is given.
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';

const banner = '// Generated from openapi.json by `pnpm --filter @sena/sdk generate`. Do not edit.\n';

/** The text of src/schema.ts for an OpenAPI 3.1 document (the parsed openapi.json). */
export async function generateSchema(document: object): Promise<string> {
  const nodes = await openapiTS(document as OpenAPI3, { alphabetize: true, defaultNonNullable: false });
  return banner + astToString(nodes);
}
