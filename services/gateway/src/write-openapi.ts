// `node src/write-openapi.ts`: writes packages/sdk/openapi.json, from which clients are generated. Needs no database.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLogger } from '@sena/telemetry/logger';
import { describeApi } from './describe-api.ts';

const target = path.resolve(import.meta.dirname, '../../../packages/sdk/openapi.json');
writeFileSync(target, await describeApi(createLogger('gateway', 'warn')));
