// `pnpm --filter @sena/sdk generate`: reads openapi.json, writes src/schema.ts. Run it after the gateway's routes changed.
import { readFile, writeFile } from 'node:fs/promises';
import { generateSchema } from './generate-schema.ts';

const openapi = new URL('../openapi.json', import.meta.url);
const schema = new URL('../src/schema.ts', import.meta.url);
await writeFile(schema, await generateSchema(JSON.parse(await readFile(openapi, 'utf8'))));
