// An answer as blocks: paragraphs, headings, lists and code. Only this much of Markdown, no links, no images, no HTML: an
// answer may repeat what a node printed. Pure.
import { type Inline, parseInlines } from '../output/parse-inlines.ts';

export type Block =
  | { kind: 'paragraph'; inlines: Inline[] }
  | { kind: 'heading'; inlines: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string };

export function parseAnswer(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  let paragraph: string[] = [];

  function endParagraph() {
    if (paragraph.length > 0) blocks.push({ kind: 'paragraph', inlines: parseInlines(paragraph.join('\n')) });
    paragraph = [];
  }

  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*```/.test(line)) {
      endParagraph();
      const code: string[] = [];
      at += 1;
      for (; at < lines.length && !/^\s*```\s*$/.test(lines[at] ?? ''); at += 1) code.push(lines[at] ?? '');
      blocks.push({ kind: 'code', text: code.join('\n') });
      continue;
    }
    const heading = /^#{1,4}\s+(.*)$/.exec(line)?.[1];
    const bullet = /^\s{0,6}[-*•]\s+(.*)$/.exec(line)?.[1];
    const numbered = /^\s{0,6}\d{1,3}[.)]\s+(.*)$/.exec(line)?.[1];
    if (heading !== undefined) {
      endParagraph();
      blocks.push({ kind: 'heading', inlines: parseInlines(heading) });
    } else if (bullet !== undefined || numbered !== undefined) {
      endParagraph();
      const ordered = numbered !== undefined;
      const item = parseInlines(bullet ?? numbered ?? '');
      const last = blocks.at(-1);
      if (last?.kind === 'list' && last.ordered === ordered) last.items.push(item);
      else blocks.push({ kind: 'list', ordered, items: [item] });
    } else if (line.trim() === '') {
      endParagraph();
    } else {
      paragraph.push(line);
    }
  }
  endParagraph();
  return blocks;
}
