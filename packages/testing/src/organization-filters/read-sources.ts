// The source that a process is made of: what is imported from its entry, also by other files. Reads files only.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const workspace = resolve(import.meta.dirname, '../../../..');

export interface Source {
  /** Below the workspace. */
  readonly file: string;
  readonly text: string;
}

/** `entry`: below the workspace. */
export function readSourcesOf(entry: string): Source[] {
  return reachableFrom(join(workspace, entry)).map((path) => ({
    file: path.slice(workspace.length + 1),
    text: readFileSync(path, 'utf8'),
  }));
}

/** Every character stays at its place. */
export function withoutComments(text: string): string {
  return text.replaceAll(/^[ \t]*(?:\/\/|\*|\/\*).*$/gm, (comment) => ' '.repeat(comment.length));
}

export function lineOf(source: string, at: number): number {
  return source.slice(0, at).split('\n').length;
}

function reachableFrom(entry: string): string[] {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, named = ''] of readFileSync(path, 'utf8').matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g)) {
      const target = resolveImport(path, named);
      if (target !== null) visit(target);
    }
  };
  visit(entry);
  return [...seen].filter((path) => !path.includes('/generated/')).sort();
}

function resolveImport(from: string, named: string): string | null {
  if (named.startsWith('.')) return resolve(dirname(from), named);
  const [, name, inside] = /^@sena\/([^/]+)\/(.+)$/.exec(named) ?? [];
  return name === undefined ? null : join(workspace, 'packages', name, 'src', `${inside}.ts`);
}
