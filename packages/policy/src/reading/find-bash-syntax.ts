// Entered when a command was not allowed: which shell would read it as the grammar does? Only the choice between sh
// and bash hangs on it; the command needs a person either way.
import type { Node } from 'web-tree-sitter';

const bashNodes = new Set([
  'ansi_c_string',
  'array',
  'brace_expression',
  'c_style_for_statement',
  'herestring_redirect',
  'process_substitution',
  'subscript',
  'translated_string',
  '&>',
  '&>>',
  '|&',
  ';&',
  ';;&',
  '[[',
  '((',
  '$[',
  '+=',
  '=~',
  'function',
  'select',
  'declare',
  'typeset',
  'local',
]);
const bashExpansionOperators = new Set(['[', '!', '^', '^^', ',', ',,', '/', '//', '/#', '/%', '@', ':']);
const bashPrograms = new Set([
  'mapfile',
  'readarray',
  'shopt',
  'source',
  'coproc',
  'let',
  'pushd',
  'popd',
  'disown',
  'compgen',
]);

export function findBashSyntax(root: Node): boolean {
  const pending: Node[] = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (bashNodes.has(node.type)) return true;
    if (node.type === 'expansion' && node.children.some((child) => bashExpansionOperators.has(child.type))) return true;
    if (node.type === 'command_name' && bashPrograms.has(node.text)) return true;
    if (node.type === 'concatenation' && hasAlternatives(node.text)) return true;
    pending.push(...node.children);
  }
  return false;
}

/** `{a,b}` before any quote. Each sign is looked for once: a pattern would try every brace with every comma. */
function hasAlternatives(text: string): boolean {
  const quote = text.search(/['"]/);
  const plain = quote < 0 ? text : text.slice(0, quote);
  const brace = plain.indexOf('{');
  const comma = brace < 0 ? -1 : plain.indexOf(',', brace);
  return comma >= 0 && plain.indexOf('}', comma) >= 0;
}
