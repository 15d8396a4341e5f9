// Where the checkout lies. Imported by everything in bootstrap/.
// Pure.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, absolute. */
export const checkoutDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Node keeps TypeScript here once it is parsed and stripped, so that it happens once and not at every start. */
export const compileCacheDirectory = path.join(checkoutDirectory, 'node_modules', '.sena', 'compile-cache');

/** pnpm is fetched by npx in exactly this version: the one that package.json names. */
export const pnpmVersion = '12.21.0';
