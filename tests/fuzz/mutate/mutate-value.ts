// Changes a value at some of its places: another type, another bound, a field too many or too few, a value from elsewhere. Pure: the given
// value stays as it is.
import type { SeededRandom } from '../../faults/seeded-random.ts';
import { hostileKeys, hostileNumber, hostileString, hostileValue } from './hostile-values.ts';

type Place = ReadonlyArray<string | number>;

export function mutateValue(value: unknown, random: SeededRandom, changes = random.between(1, 3)): unknown {
  let changed = value;
  for (let count = 0; count < changes; count += 1) changed = changeOnce(changed, random);
  return changed;
}

function changeOnce(value: unknown, random: SeededRandom): unknown {
  const places = listPlaces(value);
  const place = random.pick(places);
  const old = read(value, place);
  switch (random.between(0, 9)) {
    case 0:
      return place.length === 0 ? hostileValue(random) : remove(value, place);
    case 1:
      return isContainer(old) && !Array.isArray(old)
        ? write(value, place, { ...old, [random.pick(hostileKeys)]: hostileValue(random) })
        : write(value, place, hostileValue(random));
    case 2:
      return write(value, place, read(value, random.pick(places)));
    case 3:
      return Array.isArray(old)
        ? write(value, place, repeat(old, random.pick([2, 3, 40])))
        : write(value, place, [old, old]);
    case 4:
    case 5:
      return write(value, place, sameType(old, random));
    default:
      return write(value, place, random.chance(0.4) ? sameType(old, random) : hostileValue(random));
  }
}

function sameType(old: unknown, random: SeededRandom): unknown {
  switch (typeof old) {
    case 'string':
      return random.chance(0.3) ? nearly(old, random) : hostileString(random);
    case 'number':
      return random.chance(0.3) ? old + random.pick([-1, 1, 0.5]) : hostileNumber(random);
    case 'boolean':
      return !old;
    default:
      return old instanceof Uint8Array ? Buffer.alloc(random.pick([0, 1, 300_000]), 7) : hostileValue(random);
  }
}

/** One character more, less or other. */
function nearly(text: string, random: SeededRandom): string {
  const at = random.between(0, text.length);
  const other = random.pick(['', 'A', '\0', '\u202e', '\ud800', '_', '-', '0']);
  return text.slice(0, at) + other + text.slice(at + random.between(0, 1));
}

function repeat(items: readonly unknown[], times: number): unknown[] {
  return Array.from({ length: times }, () => items).flat();
}

function listPlaces(value: unknown, at: Place = []): Place[] {
  if (!isContainer(value) || at.length > 6) return [at];
  // The first of many stand for all.
  const inner = Object.keys(value).slice(0, 40);
  return [at, ...inner.flatMap((key) => listPlaces((value as Record<string, unknown>)[key], [...at, key]))];
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

function read(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

function write(value: unknown, [key, ...rest]: Place, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = copyOf(value);
  define(copy, key, write((value as Record<string, unknown>)[key], rest, replacement));
  return copy;
}

function remove(value: unknown, [key, ...rest]: Place): unknown {
  const copy = copyOf(value);
  if (key === undefined) return copy;
  if (rest.length === 0) Reflect.deleteProperty(copy, key);
  else define(copy, key, remove((value as Record<string, unknown>)[key], rest));
  return copy;
}

function copyOf(value: unknown): object {
  if (Array.isArray(value)) return [...value];
  const copy = {};
  for (const [key, inner] of Object.entries(value as object)) define(copy, key, inner);
  return copy;
}

/** A key called `__proto__` is a key. */
function define(target: object, key: string | number, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
