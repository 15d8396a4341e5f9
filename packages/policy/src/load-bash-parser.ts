// Entered once by whoever judges commands (orchestrator, gateway, satellite), at start. Reads two wasm files from
// the installed packages and nothing else; the parser it returns is stateless between calls.
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Language, Parser } from 'web-tree-sitter';

/** A tree-sitter parser whose language is bash. Reusable, not for two threads at once. */
export type ShellParser = Parser;

/** It only has to be there. */
const aliveMs = 60_000;

let loading: Promise<ShellParser> | undefined;

/**
 * Resolves to the one parser of this process. Rejects, and may be tried again, when a wasm file is missing.
 */
export function loadBashParser(): Promise<ShellParser> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw new Error(
      'The shell grammar could not be loaded. Install web-tree-sitter and tree-sitter-bash with their wasm files.',
      { cause },
    );
  });
  return loading;
}

async function load(): Promise<ShellParser> {
  // V8 would optimise the grammar in the background, once it is warm: 500 MB for no measurable gain. Both have to be said, and
  // before it is loaded.
  setFlagsFromString('--no-wasm-dynamic-tiering');
  setFlagsFromString('--no-wasm-tier-up');
  const require = createRequire(import.meta.url);
  // At start nothing else may keep the event loop alive while V8 compiles. Node then blocks its main thread until V8's threads are
  // done, and one of them may wait for a collection, which the main thread alone can do: for ever (nodejs/node#54918).
  const alive = setInterval(() => undefined, aliveMs);
  try {
    await Parser.init({ locateFile: () => require.resolve('web-tree-sitter/web-tree-sitter.wasm') });
    const language = await Language.load(require.resolve('tree-sitter-bash/tree-sitter-bash.wasm'));
    const parser = new Parser();
    parser.setLanguage(language);
    return parser;
  } finally {
    clearInterval(alive);
  }
}
