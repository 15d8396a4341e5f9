// Where the checkout lies. Imported by everything in bootstrap/.
// Pure.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, absolute. */
export const checkoutDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** pnpm is fetched by npx in exactly this version: the one that package.json names. */
export const pnpmVersion = '12.21.0';
