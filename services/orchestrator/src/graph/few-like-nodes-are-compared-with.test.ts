import { expect, it } from 'vitest';
import { choosePeers } from './choose-peers.ts';

const node = (name: string, site: string, labels: Record<string, string> = {}) => ({ id: name, name, site, labels });
const many = (role: string, count: number, env = 'production') =>
  Array.from({ length: count }, (_, index) => node(`${role}-${index}`, `site-${index % 3}`, { role, env }));

it('like nodes of all sites come first, few of ten thousand', () => {
  const fleet = [...many('db', 5_000), ...many('web', 5_000)];
  const [asked] = fleet.slice(-1);
  if (asked === undefined) throw new Error('no node');
  const peers = choosePeers([asked], fleet);
  expect(peers.length).toBeGreaterThanOrEqual(5);
  expect(peers.length).toBeLessThanOrEqual(8);
  expect(new Set(peers.map(({ labels }) => labels.role))).toEqual(new Set(['web']));
  expect(new Set(peers.map(({ site }) => site)).size).toBe(3);
  expect(peers).not.toContain(asked);
  expect(choosePeers([asked], fleet)).toEqual(peers);
});

it('a kind of which there is one is compared with others', () => {
  const fleet = [node('queue-01', 'a', { role: 'queue' }), node('web-01', 'a', { role: 'web' }), node('bare', 'b')];
  expect(choosePeers(fleet.slice(0, 1), fleet).map(({ name }) => name)).toEqual(['web-01', 'bare']);
});

it('no peer where enough are asked, and none of another environment', () => {
  const staging = many('web', 2, 'staging');
  const fleet = [...many('web', 20), ...staging];
  expect(choosePeers(fleet, fleet)).toEqual([]);
  expect(choosePeers(fleet.slice(0, 10), fleet)).toEqual([]);
  expect(choosePeers(staging.slice(0, 1), fleet)).toEqual(staging.slice(1));
});

it('many kinds at once have a bound', () => {
  const fleet = Array.from({ length: 100 }, (_, kind) => many(`kind${kind}`, 20)).flat();
  const asked = fleet.filter(({ name }) => name.endsWith('-0'));
  expect(choosePeers(asked, fleet).length).toBeLessThanOrEqual(40);
});
