// Remembers by hash what was built from what, so that the next start skips it. Entered by the other rooms of bootstrap/.
// Writes node_modules/.sena/ only: deleting node_modules forgets it all.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkoutDirectory } from './paths.mjs';

const stampDirectory = path.join(checkoutDirectory, 'node_modules', '.sena');
const skipped = new Set([
  'node_modules',
  '.next',
  '.turbo',
  'dist',
  'generated',
  'coverage',
  'next-env.d.ts',
  'tsconfig.tsbuildinfo',
]);

/** True when `name` was last stamped with this hash. */
export function isStamped(name, hash) {
  try {
    return readFileSync(path.join(stampDirectory, name), 'utf8') === hash;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

export function stamp(name, hash) {
  mkdirSync(stampDirectory, { recursive: true });
  writeFileSync(path.join(stampDirectory, name), hash);
}

/** SHA-256 over names and contents of files and folders (relative to the checkout); what does not exist counts as empty. */
export function hashOf(entries) {
  const hash = createHash('sha256');
  for (const entry of entries) addTo(hash, path.join(checkoutDirectory, entry));
  return hash.digest('hex');
}

function addTo(hash, file) {
  let content;
  try {
    content = readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    if (error.code !== 'EISDIR') throw error;
    for (const name of readdirSync(file).sort()) if (!skipped.has(name)) addTo(hash, path.join(file, name));
    return;
  }
  hash.update(`${path.relative(checkoutDirectory, file)}\0${content.length}\0`).update(content);
}
