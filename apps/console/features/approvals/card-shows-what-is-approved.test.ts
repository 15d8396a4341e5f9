// What stands on the card, as text: everything that the digest is over, for many nodes as for one.
import type { Approval, ApprovalNode } from '@sena/contracts/http/approvals';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { ApprovalCommand } from './approval-command.tsx';
import { MarkedCommand } from './marked-command.tsx';

const node = (i: number, changes: Partial<ApprovalNode> = {}): ApprovalNode => ({
  id: `node_${i}`,
  name: `web-${i}`,
  address: `10.0.0.${i}`,
  port: 2222,
  runAs: 'deploy',
  credential: 'blue',
  hostKey: `SHA256:${'k'.repeat(42)}${i}`,
  satellite: { id: 'sat_1', name: 'sat-fra1' },
  site: 'fra1',
  isDeleted: false,
  ...changes,
});
const commandOf = (changes: Partial<Approval['commands'][number]>): Approval['commands'][number] => ({
  step: 's1',
  command: 'systemctl restart nginx',
  escapes: [],
  shell: 'bash',
  environment: {},
  limits: { timeoutMs: 125_000, outputBytesMax: 1_048_576 },
  nodeCount: 1,
  nodes: [node(1)],
  ...changes,
});

function textOf(command: Approval['commands'][number]): string {
  const card = createElement(ApprovalCommand, { approvalId: 'appr_1', command });
  const page = createElement(QueryClientProvider, { client: new QueryClient() }, card);
  return renderToStaticMarkup(page)
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&#x27;', "'");
}

test('a node stands there with its address, login, credential, host key, site and satellite', () => {
  const text = textOf(commandOf({}));
  for (const words of ['web-1', 'deploy@10.0.0.1:2222', 'credential blue', 'site fra1, through sat-fra1']) {
    expect(text).toContain(words);
  }
  expect(text).toContain(`host key SHA256:${'k'.repeat(42)}1`);
  expect(textOf(commandOf({ nodes: [node(1, { hostKey: null })] }))).toContain(
    'host key as the satellite has it on record',
  );
  expect(textOf(commandOf({ nodes: [node(1, { address: 'fd00::7' })] }))).toContain('deploy@[fd00::7]:2222');
});

test('shell, environment and limits stand there', () => {
  const text = textOf(commandOf({ environment: { LC_ALL: 'C', TZ: 'UTC' } }));
  for (const words of ['bash -c', 'LC_ALL=C TZ=UTC', 'Stopped after 2 min 05 s', '1.0 MiB of each stream']) {
    expect(text).toContain(words);
  }
});

test('of many nodes some are shown, and how many there are', () => {
  const nodes = Array.from({ length: 20 }, (_, i) => node(i));
  const text = textOf(commandOf({ nodeCount: 10_000, nodes }));
  expect(text).toContain('On 10,000 nodes, exactly this:');
  expect(text).toContain('Show all 10,000 nodes');
  expect(text).toContain('web-3');
  expect(text).not.toContain('web-4');
});

test('a node that was deleted meanwhile is named, with what follows from it', () => {
  const text = textOf(commandOf({ nodes: [node(1, { isDeleted: true })] }));
  expect(text).toContain('web-1 was deleted meanwhile');
  expect(text).toContain('even if you approve, nothing runs');
});

test('an escape is marked, the same letters in the command are not', () => {
  const text = String.raw`echo \u{1b} \u{1b}`;
  const marked = renderToStaticMarkup(createElement(MarkedCommand, { text, escapes: [{ start: 12, end: 18 }] }));
  expect(marked.replaceAll(/<mark[^>]*>/g, '[').replaceAll('</mark>', ']')).toBe(String.raw`echo \u{1b} [\u{1b}]`);
  expect(textOf(commandOf({ command: text, escapes: [{ start: 12, end: 18 }] }))).toContain(
    '1 character shown as an escape',
  );
});
