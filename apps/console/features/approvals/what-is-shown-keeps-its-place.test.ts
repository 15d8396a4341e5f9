import { describe, expect, it } from 'vitest';
import { keepPlaces } from './keep-places.ts';

const rows = (...ids: string[]) => ids.map((id) => ({ id }));
const idsOf = ({ shown }: { shown: Array<{ id: string }> }) => shown.map(({ id }) => id).join('');

describe('a list of approvals', () => {
  it('is what came, at first', () => {
    expect(keepPlaces([], rows('c', 'b'))).toEqual({ shown: rows('c', 'b'), newer: 0 });
  });

  it('keeps those that are no longer in it, where they were', () => {
    expect(idsOf(keepPlaces(rows('d', 'c', 'b'), rows('d', 'b')))).toBe('dcb');
    expect(idsOf(keepPlaces(rows('d', 'c', 'b'), []))).toBe('dcb');
  });

  it('holds newer ones back, and says how many', () => {
    const places = keepPlaces(rows('d', 'c'), rows('f', 'e', 'd'));
    expect(idsOf(places)).toBe('dc');
    expect(places.newer).toBe(2);
  });

  it('puts older ones, which were loaded, at the end', () => {
    expect(keepPlaces(rows('d', 'c'), rows('d', 'b', 'a'))).toEqual({ shown: rows('d', 'c', 'b', 'a'), newer: 0 });
  });

  it('shows each as it is now', () => {
    const changed = [{ id: 'd', status: 'approved' }];
    expect(keepPlaces([{ id: 'd', status: 'pending' }], changed).shown).toEqual(changed);
  });
});
