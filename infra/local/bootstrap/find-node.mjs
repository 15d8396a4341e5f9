// Finds the Node that runs everything: the pinned one from node_modules, else the running one if it is new enough.
// Reads only.
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { checkoutDirectory } from './paths.mjs';

/**
 * @returns {{ node: string, env: NodeJS.ProcessEnv }}
 * @throws {Error} on a platform without a pinned Node when the running one is older than 24.
 */
export function findNode() {
  const pinned = path.join(nodePackageDirectory(), 'bin', 'node');
  const node = isExecutable(pinned) ? pinned : runningNode();
  const searchPath = [path.dirname(node), path.join(checkoutDirectory, 'node_modules', '.bin'), process.env.PATH ?? ''];
  return { node, env: { ...process.env, PATH: searchPath.join(path.delimiter) } };
}

/** The package that holds Node 24 with its headers; it exists on Linux (x64, arm64) after the installation. */
export function nodePackageDirectory() {
  return path.join(checkoutDirectory, 'node_modules', `node-${process.platform}-${process.arch}`);
}

function runningNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    `SENA's processes need Node 24 or newer. On ${process.platform}-${process.arch} it is not among the packages: install it from https://nodejs.org and try again (this is ${process.version}).`,
  );
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
