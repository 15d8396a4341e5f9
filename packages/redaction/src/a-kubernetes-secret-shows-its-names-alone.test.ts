// As kubectl prints them. The names, the kind and everything else stay; so does a ConfigMap, whatever stands beside it.
import { describe, expect, test } from 'vitest';
import { redactWhole } from './fixtures/redact-whole.ts';
import { createRedactionRules } from './redact-stream.ts';
import { redactText } from './redact-text.ts';

const values = ['aHVudGVyMg==', 'eC1obWFjLTc3', 'cGxhaW4='] as const;
const [first, second, third] = values;
const annotation = JSON.stringify({
  ...{ apiVersion: 'v1', data: { region: first, zone: second }, immutable: true, kind: 'Secret' },
  metadata: { annotations: {}, name: 'shop', namespace: 'default' },
});
const secretYaml = `apiVersion: v1
data:
  region: ${first}
  "zone": '${second}'
  empty: ""
immutable: true
kind: Secret
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      ${annotation}
  creationTimestamp: "2026-11-27T02:00:00Z"
  name: shop
  ownerReferences:
  - apiVersion: v1
    kind: Node
    name: web-07
type: Opaque
`;
const configYaml = `apiVersion: v1
data:
  region: eu-central-1
  app.yaml: |
    zone: b

    retries: 3
kind: ConfigMap
metadata:
  name: shop
`;
const secretJson = {
  ...{ apiVersion: 'v1', data: { region: first, zone: second }, kind: 'Secret' },
  metadata: {
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${annotation}\n` },
    name: 'shop',
  },
  type: 'Opaque',
};
const configJson = {
  ...{ apiVersion: 'v1', data: { region: 'eu-central-1', 'app.yaml': 'zone: b\n' }, kind: 'ConfigMap' },
  metadata: { name: 'shop' },
};
const listJson = { apiVersion: 'v1', items: [configJson, secretJson, configJson, secretJson], kind: 'List' };
const indented = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line, index) => `${index === 0 ? '- ' : line === '' ? '' : '  '}${line}\n`)
    .join('');
const listYaml = `apiVersion: v1
items:
${[configYaml, secretYaml, configYaml, secretYaml].map(indented).join('')}kind: List
metadata:
  resourceVersion: ""
`;
const written = `# as somebody wrote it
kind: Secret
# a comment at the left
apiVersion: v1
metadata:
  name: shop
  labels: {region: eu-central-1}
type: Opaque
stringData:
  region: ${first} ${second}
  zone: |-
    first line of ${third}

    # ${second}
  folded: >
    ${first}
  list: {a: ${third}}
---
`;
/** `kubectl get --raw`: the kind is said once, of all. */
const raw = {
  ...{ kind: 'SecretList', apiVersion: 'v1', metadata: { resourceVersion: '1' } },
  items: [
    {
      metadata: { name: 'a', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }] },
      data: { region: first },
      type: 'Opaque',
    },
    { metadata: { name: 'b' }, data: { zone: second }, type: 'Opaque' },
  ],
};

const outputs: Record<string, string> = {
  yaml: secretYaml,
  'yaml with the line ends of Windows': secretYaml.replaceAll('\n', '\r\n'),
  'a list in yaml': listYaml,
  'several in yaml': `${configYaml}---\n${secretYaml}---\n${configYaml}---\n${secretYaml}`,
  'as somebody wrote it': `${written}${configYaml}`,
  'within a ConfigMap': `apiVersion: v1\ndata:\n  manifest: |\n${written.replaceAll(/^(?=.)/gm, '    ')}  other: stays\nkind: ConfigMap\n`,
  json: `${JSON.stringify(secretJson, null, 4)}\n`,
  'a list in json': `${JSON.stringify(listJson, null, 4)}\n`,
  'json with tabs': `${JSON.stringify(listJson, null, '\t')}\n`,
  'a list in one line of json': `${JSON.stringify(listJson)}\n`,
  'a raw list': `${JSON.stringify(raw, null, 2)}\n`,
  'a raw list in one line': `${JSON.stringify(raw)}\n`,
};

describe.each(Object.entries(outputs))('%s', (_name, text) => {
  test('shows no value, and nothing else is masked, however it arrives', async () => {
    const { shown, unjudged } = await redactWhole(text);
    expect(unjudged).toEqual([]);
    const expected = values.reduce((left, value) => left.replaceAll(value, '*'.repeat(value.length)), text);
    // Of a text of several lines and of words, all of a line is the value.
    const usual = (line: string) =>
      line.replaceAll(/(?<=\*)[ }]+(?=\*|$)|first line of (?=\*)|# (?=\*)|\{a: (?=\*)/gm, (between) =>
        '*'.repeat(between.length),
      );
    expect(shown.toString()).toBe(usual(expected));
    for (const size of [1, 7, 64]) {
      const cuts = Array.from({ length: Math.ceil(text.length / size) }, (_, index) => index * size);
      expect((await redactWhole(text, cuts)).shown.equals(shown)).toBe(true);
    }
    expect((await redactWhole(shown)).spans).toEqual([]);
  });

  test('does not in what a model is asked either, where it stands as text in JSON', async () => {
    const refuse = (error: unknown) => {
      throw error;
    };
    const asked = JSON.stringify({ role: 'tool', content: text });
    const masked = await redactText(asked, createRedactionRules(), refuse);
    for (const value of values) expect(masked.text).not.toContain(value);
    const { content } = JSON.parse(masked.text);
    expect(masked.text).toHaveLength(asked.length);
    for (const word of ['eu-central-1', 'zone: b', 'apiVersion', 'Opaque'])
      expect(content.split(word)).toHaveLength(text.split(word).length);
  });
});

test('what says nothing else stays: ConfigMaps alone, other objects, and text that speaks of them', async () => {
  const others = [
    configYaml.repeat(3),
    `${JSON.stringify(configJson, null, 4)}\n`.repeat(2),
    `${JSON.stringify({ ...listJson, items: [configJson, configJson] })}\n`,
    'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec:\n  data:\n  - remoteRef:\n      property: x\n',
    'apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - name: data\n    secret:\n      defaultMode: 420\n',
    'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  template:\n    data:\n      region: eu\n',
    'the field apiVersion: v1 is read\ndata:\n  region: eu\nkind: Secret\n',
    'apiVersion: v1\nNov 27 02:16:22 web-07 app: started\ndata:\n  region: eu\n',
  ].join('---\n');
  const { shown } = await redactWhole(others);
  expect(shown.toString()).toBe(others);
});

test('what ends before it says what it is, is a secret; what is not let out whole stays back', async () => {
  const cut = secretYaml.slice(0, secretYaml.indexOf('immutable'));
  expect((await redactWhole(cut)).shown.toString()).not.toMatch(new RegExp(`${first}|${second}`));
  const keepBytes = cut.indexOf(first) + 4;
  const { shown } = await redactWhole(secretYaml, [], undefined, { keepBytes });
  expect(shown.toString()).toBe(`apiVersion: v1\ndata:\n  region: ****`);
  const { createStreamRedactor } = await import('./redact-stream.ts');
  const out: string[] = [];
  const redactor = createStreamRedactor({
    ...{ rules: createRedactionRules(), onUnjudged: () => undefined },
    emit: (_raw, piece) => out.push(piece.toString()),
  });
  redactor.push(Buffer.from('before\n'));
  redactor.push(Buffer.from(cut));
  await redactor.finish(false);
  expect(out.join('')).toBe('before\n');
});

test('a release of half a megabyte in one line, and more than may wait for its kind, leave as asterisks', async () => {
  for (const bytes of [100_000, 500_000, 3_000_000]) {
    const release = 'QUJD'.repeat(bytes / 4);
    for (const text of [
      secretYaml.replace(first, release),
      JSON.stringify(secretJson, null, 4).replace(first, release),
    ]) {
      const { shown } = await redactWhole(
        text,
        Array.from({ length: 90 }, (_, index) => index * 34_567),
      );
      expect(shown).toHaveLength(text.length);
      expect(shown.includes('QUJDQUJD')).toBe(false);
      expect(shown.includes('kind')).toBe(true);
    }
  }
  const large = configYaml.replace('eu-central-1', 'x'.repeat(900_000));
  expect((await redactWhole(large, [100_000, 500_000])).shown.toString()).toBe(large);
});
