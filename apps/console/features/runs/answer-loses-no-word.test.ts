// An answer is laid out, never interpreted: every word of it is shown, and nothing in it becomes a link or markup.
import { expect, test } from 'vitest';
import { answerWithoutFindings } from './answer-without-findings.ts';
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

test('a line of a list that is a finding stands there once; a sentence of the answer stays', () => {
  const answer = [
    'A file system is at least 90% full on web-03.',
    '- Critical: /srv on web-03 is 97% full.',
    '- / on web-04 is 91% full.',
    '- No answer for web-05: it was not reached.',
    '',
    'Read by runbook (Disk space); no model was used.',
  ].join('\n');
  const claims = ['/srv on web-03 is 97% full', '/ on web-04 is 91% full'];
  const shown = answerWithoutFindings(
    answer,
    claims.map((claim) => ({ claim })),
  );
  expect(shown.split('\n')).toEqual(
    answer.split('\n').filter((line) => !line.includes('% full.') || line.startsWith('A')),
  );

  const whole = 'All 12 nodes run Debian 12. 1 of 13 nodes did not answer: web-05.\n\nRead by runbook.';
  expect(answerWithoutFindings(whole, [{ claim: 'All 12 nodes run Debian 12' }])).toBe(whole);
  expect(answerWithoutFindings('On web-01: exit code 0.', [{ claim: 'On web-01: exit code 0.' }])).toBe('');
});
