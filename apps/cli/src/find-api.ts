// Where the API is and who asks: from the options, the environment, or the file that `npm start` writes. Entered by commands that ask it.
import { existsSync, readFileSync } from 'node:fs';
import { OperatorError } from './report-to-operator.ts';

export const apiOptions = {
  url: { type: 'string', description: 'Where SENA is; SENA_URL otherwise' },
  'api-key-file': { type: 'string', description: 'File with an API key; SENA_API_KEY otherwise' },
} as const;

const localFile = '.sena/local.json';

export interface Api {
  readonly baseUrl: string;
  readonly apiKey: string;
}

export function findApi(
  args: { url?: string | undefined; 'api-key-file'?: string | undefined },
  environment: Record<string, string | undefined>,
): Api {
  const local = readLocal(environment.SENA_LOCAL_FILE ?? localFile);
  const keyFile = args['api-key-file'];
  const baseUrl = args.url ?? environment.SENA_URL ?? local?.apiUrl;
  const apiKey = keyFile === undefined ? (environment.SENA_API_KEY ?? local?.apiKey) : readKey(keyFile);
  if (baseUrl === undefined) throw new OperatorError('Say where SENA is: --url https://sena.example.com, or SENA_URL.');
  if (apiKey === undefined) throw new OperatorError('Say who asks: --api-key-file FILE, or SENA_API_KEY.');
  return { baseUrl: baseUrl.replace(/\/+$/, ''), apiKey };
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new OperatorError(`The key in ${file} can't be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
}

function readLocal(file: string): { apiUrl?: string; apiKey?: string } | null {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { apiUrl?: string; apiKey?: string };
  } catch (cause) {
    throw new OperatorError(`${file} can't be read. Start SENA again, or give --url and --api-key-file.`, { cause });
  }
}
