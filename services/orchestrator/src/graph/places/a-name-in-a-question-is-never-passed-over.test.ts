import { describe, expect, it } from 'vitest';
import { findNamedPlaces } from './find-named-places.ts';
import type { Fleet } from './index-fleet.ts';

const demo: Fleet = {
  nodes: [
    ...[1, 2].map((number) => host('fra1', 'fra1-a', `web-0${number}`)),
    ...[3, 4].map((number) => host('fra1', 'fra1-b', `web-0${number}`)),
    host('fra1', 'fra1-a', 'db-01'),
    host('fra1', 'fra1-b', 'cache-01'),
    ...[5, 6].map((number) => host('iad1', 'iad1-a', `web-0${number}`)),
    ...[7, 8].map((number) => host('iad1', 'iad1-b', `web-0${number}`)),
    host('iad1', 'iad1-a', 'db-02'),
    host('iad1', 'iad1-b', 'queue-01'),
  ],
  sites: ['fra1', 'iad1', 'New York'],
};

function host(site: string, rack: string, name: string): Fleet['nodes'][number] {
  const labels = { role: name.slice(0, -3), env: 'production', rack };
  return { id: `node_${name}`, name, site, labels, address: `10.0.${site === 'fra1' ? 0 : 1}.${name.at(-1)}` };
}

const all = demo.nodes.map(({ name }) => name);
const where = (test: (node: Fleet['nodes'][number]) => boolean) => demo.nodes.filter(test).map(({ name }) => name);

const find = (question: string, fleet = demo) => {
  const { nodes, missing } = findNamedPlaces(question, fleet);
  return { nodes: nodes?.map(({ name }) => name) ?? null, missing: missing.join(' ') };
};

describe('a name that exists', () => {
  it.each<[string, string[] | null]>([
    ['what is wrong with web-06', ['web-06']],
    ['WHAT IS WRONG WITH WEB-06?!', ['web-06']],
    ['“web-06” is slow', ['web-06']],
    ["what's web-06's problem", ['web-06']],
    ['web‑06 feels sluggish', ['web-06']],
    ['(web-06), please', ['web-06']],
    ['is `web-06` healthy', ['web-06']],
    ['check fra1/web-01', ['web-01']],
    ['ops@web-06:22 does not answer', ['web-06']],
    ['web-06, web-07 and db-01: disks?', ['db-01', 'web-06', 'web-07']],
    ['why is web-06 slower than web-07', ['web-06', 'web-07']],
    ['disk on 10.0.1.6', ['web-06']],
    ['which nodes in fra1 are out of disk?', where(({ site }) => site === 'fra1')],
    ['FRA1: anything broken?', where(({ site }) => site === 'fra1')],
    ['disk in "iad1"', where(({ site }) => site === 'iad1')],
    ['what is wrong with iad1', where(({ site }) => site === 'iad1')],
    ['db-01 in fra1', ['db-01']],
    ['db-01 in iad1', []],
    ['is new york ok', []],
    ['disks of web-*', where(({ labels }) => labels.role === 'web')],
    ['certs on *-01', ['cache-01', 'db-01', 'queue-01', 'web-01']],
    ["who's hogging cpu on db hosts", ['db-01', 'db-02']],
    ['cpu on the dbs', ['db-01', 'db-02']],
    ['is the shop service up on all web nodes?', where(({ labels }) => labels.role === 'web')],
    ['disk on role=db', ['db-01', 'db-02']],
    ['anything wrong on web?', where(({ labels }) => labels.role === 'web')],
    ['what is up with rack fra1-b', ['cache-01', 'web-03', 'web-04']],
    ['problems in iad1-a?', ['db-02', 'web-05', 'web-06']],
    ['disks in production', all],
    ['production db hosts with full disks', ['db-01', 'db-02']],
    ['web servers in fra1 with expired certs', ['web-01', 'web-02', 'web-03', 'web-04']],
    ['web-06 and the db hosts', ['db-01', 'db-02', 'web-06']],
    ['web-06 in production', ['web-06']],
    ['everything except web-06 and web-07: is it healthy', all.filter((name) => !/web-0[67]/.test(name))],
    ['full disks outside fra1', where(({ site }) => site === 'iad1')],
    ['all web nodes but not web-03', where(({ labels, name }) => labels.role === 'web' && name !== 'web-03')],
  ])('%s', (question, expected) => {
    const found = find(question);
    expect({ nodes: found.nodes?.sort() ?? null, missing: found.missing }).toEqual({
      nodes: expected?.toSorted() ?? null,
      missing: '',
    });
  });
});

describe('a name that does not exist', () => {
  const sites = 'The sites are New York, fra1 and iad1.';
  it.each<[string, string, string[] | null]>([
    ['what is wrong with web-99', 'There is no node web-99.', null],
    ['disks in new york and fra1', 'The site new york has no nodes.', where(({ site }) => site === 'fra1')],
    ['what is wrong with web-1', 'There is no node web-1. Did you mean web-01?', null],
    ['what is wrong with web-10', 'There is no node web-10. Did you mean web-01?', null],
    ['is web06 ok', 'There is no node web06. Did you mean web-06?', null],
    ['WEB-99 is slow', 'There is no node WEB-99.', null],
    ['web-06 and web-99', 'There is no node web-99.', ['web-06']],
    ['web-98, web-99: disk?', 'There is no node web-98 or web-99. Did you mean web-08?', null],
    ['mail-01 down?', 'There is no node mail-01.', null],
    ['is web-06.example.com ok', 'There is no node web-06.example.com. Did you mean web-06?', null],
    ['disk on 10.9.9.9', 'There is no node 10.9.9.9.', null],
    ['disks of mail-*', 'There is no node mail-*.', null],
    ['which nodes in fra2 are out of disk', `There is no site fra2. ${sites}`, null],
    ['which nodes in amsterdam are out of disk?', `There is no site, node or label named amsterdam. ${sites}`, null],
    [
      'disks in Amsterdam and fra1',
      `There is no site, node or label named Amsterdam. ${sites}`,
      where(({ site }) => site === 'fra1'),
    ],
    ["what's broken in staging", `There is no site, node or label named staging. ${sites}`, null],
    ['full disks in new jersey', `There is no site, node or label named new jersey. ${sites}`, null],
    ['what is wrong with bastion?', `There is no site, node or label named bastion. ${sites}`, null],
    ['is bastion healthy', `There is no site, node or label named bastion. ${sites}`, null],
    ['check bastion', `There is no site, node or label named bastion. ${sites}`, null],
    ['site berlin: disks', `There is no site berlin. ${sites}`, null],
    ['anything wrong in rack fra1-z', 'No node has the label fra1-z.', null],
    ['disk on role=mail', 'No node has the label mail.', null],
    ['node "foo" is slow', 'There is no node foo.', null],
  ])('%s', (question, missing, nodes) => {
    const found = find(question);
    expect({ missing: found.missing, nodes: found.nodes?.sort() ?? null }).toEqual({
      missing,
      nodes: nodes?.toSorted() ?? null,
    });
  });
});

describe('words that name no place', () => {
  it.each([
    'which nodes still run debian 12?',
    'is anything listening on port 8080',
    'filesystems over 90%',
    'certs expiring in 30 days',
    'processes in zombie state',
    'which disks are full in general',
    'are we fixed for CVE-2024-3094',
    'which kernel, 6.1.0-18?',
    'sha-256 certs',
    'is openssl 3.0.13 everywhere',
    'does /srv/web-99 fill up',
    'is nginx ok',
    'is everything healthy',
    'check disks',
    'any issues with certificates?',
    "what's wrong with the network",
    'is the site slow',
    'is any site down?',
    'node usage',
    'host load',
    'who is at 100% cpu',
    'x86-64 or arm64?',
    'how many ubuntu-22 boxes',
    'nodes not responding in time',
    'what is wrong with us',
  ])('%s', (question) => {
    expect(find(question)).toEqual({ nodes: null, missing: '' });
  });
});

it('near names, names within names, and names of everyday words are kept apart', () => {
  const node = (name: string, site = 'main') => ({
    id: `${site}/${name}`,
    name,
    site,
    labels: {},
    address: '10.0.0.1',
  });
  const fleet: Fleet = {
    nodes: [
      node('web-1'),
      node('web-10'),
      node('web-1', 'other'),
      node('web-1.example.com'),
      node('load'),
      node('bastion'),
    ],
    sites: ['main', 'other'],
  };
  expect(find('web-1 slow', fleet).nodes).toEqual(['web-1', 'web-1']);
  expect(find('web-1 in other slow', fleet).nodes).toEqual(['web-1']);
  expect(find('web-10 slow', fleet).nodes).toEqual(['web-10']);
  expect(find('web-1.example.com slow', fleet).nodes).toEqual(['web-1.example.com']);
  expect(find('web-100 slow', fleet)).toEqual({
    nodes: null,
    missing: expect.stringContaining('There is no node web-100.'),
  });
  expect(find('which nodes have a high load', fleet)).toEqual({ nodes: null, missing: '' });
  expect(find('disk on load', fleet).nodes).toEqual(['load']);
  expect(find('is bastion healthy', fleet).nodes).toEqual(['bastion']);
  expect(find('the main problem', fleet)).toEqual({ nodes: null, missing: '' });
});

it('ten thousand nodes are no matter', () => {
  const nodes = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ id: `${index}`, name: `web-${index}`, site: `site-${index % 50}`, address: `10.1.0.${index}` },
    labels: { role: 'web', rack: `r${index % 400}` },
  }));
  const startedAt = performance.now();
  const { nodes: found } = findNamedPlaces(`what is wrong with web-77 and web-20000, ${'and on and on '.repeat(100)}`, {
    nodes,
    sites: [...new Set(nodes.map(({ site }) => site))],
  });
  expect(found?.map(({ name }) => name)).toEqual(['web-77']);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});
