// `code` and **strong** within a line of text; everything else stays as it is. Pure.

export type Inline = { kind: 'text'; text: string } | { kind: 'code'; text: string } | { kind: 'strong'; text: string };

export function parseInlines(text: string): Inline[] {
  const inlines: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(/`([^`\n]+)`|\*\*([^*\n]+)\*\*/g)) {
    if (match.index > at) inlines.push({ kind: 'text', text: text.slice(at, match.index) });
    if (match[1] !== undefined) inlines.push({ kind: 'code', text: match[1] });
    else inlines.push({ kind: 'strong', text: match[2] ?? '' });
    at = match.index + match[0].length;
  }
  if (at < text.length) inlines.push({ kind: 'text', text: text.slice(at) });
  return inlines;
}
