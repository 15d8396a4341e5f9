// A copy of this checkout that may be broken on purpose. Entered by mutations/main.ts. Writes below the given directory only.
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
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

/** Throws when the text is not there exactly once: the product has changed, and so must the mutation. */
export async function changeFile(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  if (text.split(from).length !== 2) {
    throw new Error(`${file} does not hold this text exactly once. Correct the mutation:\n${from}`);
  }
  await writeFile(
    file,
    text.replace(from, () => to),
  );
}
