// An answer is laid out, never interpreted: every word of it is shown, and nothing in it becomes a link or markup.
import { expect, test } from 'vitest';
import { type Block, parseAnswer } from './parse-answer.ts';

function words(blocks: Block[]): string {
  return blocks
    .flatMap((block) => {
      if (block.kind === 'code') return [block.text];
      if (block.kind === 'list') return block.items.map((item) => item.map((inline) => inline.text).join(''));
      return [block.inlines.map((inline) => inline.text).join('')];
    })
    .join('\n');
}

test('paragraphs, lists, headings and code', () => {
  const blocks = parseAnswer(
    '## Disks\n\n**web-07** is full:\n`/var` has 0 B.\n\n- a\n- b\n\n1. c\n\n```\ndf -h\n\n/dev\n```\nend',
  );
  expect(blocks.map((block) => block.kind)).toEqual(['heading', 'paragraph', 'list', 'list', 'code', 'paragraph']);
  expect(words(blocks)).toBe('Disks\nweb-07 is full:\n/var has 0 B.\na\nb\nc\ndf -h\n\n/dev\nend');
});

test('markup and links stay text', () => {
  const hostile = '<img src=x onerror=alert(1)> [click](javascript:alert(1)) ![x](http://evil.example/x.png)';
  expect(parseAnswer(hostile)).toEqual([{ kind: 'paragraph', inlines: [{ kind: 'text', text: hostile }] }]);
});

test('an open fence or a lone backtick swallows nothing', () => {
  expect(words(parseAnswer('a `b\n```\nc\nd'))).toBe('a `b\nc\nd');
});
