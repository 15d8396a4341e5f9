// After `next build`: puts the files that a browser loads beside the standalone server, which expects them there.
import { cp } from 'node:fs/promises';

const app = new URL('../', import.meta.url);
const target = new URL('.next/standalone/apps/console/', app);
await cp(new URL('.next/static', app), new URL('.next/static', target), { recursive: true });
await cp(new URL('public', app), new URL('public', target), { recursive: true });
