// A copy of this checkout that may be broken on purpose. Entered by mutations/main.ts. Writes below the given directory only.
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';

const left = new Set(['.git', 'node_modules', 'reports', '.turbo', 'docs', 'benchmarks', '.sena', 'apps']);

/** Packages are the copy's own; what they are made of is shared. */
export async function copyCheckout(checkout: string, directory: string): Promise<void> {
  for (const name of await readdir(checkout)) {
    if (left.has(name)) continue;
    await cp(path.join(checkout, name), path.join(directory, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !/[/\\]\.(turbo|next)([/\\]|$)/.test(source),
    });
  }
  // Links of the workspace lead to its packages by relative paths: copied as they are, they lead to the copy's.
  const modules = path.join(checkout, 'node_modules');
  await mkdir(path.join(directory, 'node_modules'));
  for (const name of await readdir(modules)) {
    const [from, to] = [path.join(modules, name), path.join(directory, 'node_modules', name)];
    if (name === '.pnpm') await symlink(from, to);
    else if (!name.startsWith('.')) await cp(from, to, { recursive: true, verbatimSymlinks: true });
  }
}
