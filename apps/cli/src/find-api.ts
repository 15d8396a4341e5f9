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

/**
 * Both from the operator (options, environment), or both from the file: a file that lies in somebody's checkout must not say where the
 * operator's key is sent to.
 */
export function findApi(
  args: { url?: string | undefined; 'api-key-file'?: string | undefined },
  environment: Record<string, string | undefined>,
): Api {
  const keyFile = args['api-key-file'];
  const url = args.url ?? environment.SENA_URL;
  const isKeyGiven = keyFile !== undefined || environment.SENA_API_KEY !== undefined;
  if (url === undefined && !isKeyGiven) return fromLocalFile(environment.SENA_LOCAL_FILE ?? localFile);
  if (url === undefined) throw new OperatorError(sayWhere);
  const apiKey = keyFile === undefined ? environment.SENA_API_KEY : readKey(keyFile);
  if (apiKey === undefined) throw new OperatorError(sayWho);
  return { baseUrl: readBaseUrl(url), apiKey };
}

const sayWhere =
  'Say where SENA is: --url https://sena.example.com, or SENA_URL. The key is sent nowhere that only a file names.';
const sayWho = 'Say who asks: --api-key-file FILE, or SENA_API_KEY.';

function fromLocalFile(file: string): Api {
  const local = readLocal(file);
  if (local?.apiUrl === undefined)
    throw new OperatorError('Say where SENA is: --url https://sena.example.com, or SENA_URL.');
  if (local.apiKey === undefined) throw new OperatorError(sayWho);
  return { baseUrl: readBaseUrl(local.apiUrl), apiKey: local.apiKey };
}

function readBaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) throw new OperatorError(`${text} is no address. Give one like https://sena.example.com.`);
  const isLoopback = ['localhost', '[::1]'].includes(url.hostname) || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) return text.replace(/\/+$/, '');
  throw new OperatorError(
    `${text} would carry the key in the clear. Give an https address; http is for this machine alone.`,
  );
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
