// RFC 8785 JSON of what was JSON before, fast: verifying a million records is mostly this. A test holds it against the library that the
// envelope uses. Pure.

/** Throws for what JSON can't hold. */
export function canonicalJson(value: unknown): string {
  // What comes from an export is in order already, and then it is what JSON.stringify writes.
  return isInOrder(value) ? JSON.stringify(value) : inOrder(value);
}

/** Whether every object's keys come sorted by UTF-16 code units. Number-like keys, which JavaScript sorts its own way, often do not. */
function isInOrder(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object': {
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isInOrder);
      let last = '';
      let isFirst = true;
      for (const key in value) {
        if (!isFirst && key <= last) return false;
        if (!isInOrder((value as Record<string, unknown>)[key])) return false;
        last = key;
        isFirst = false;
      }
      return true;
    }
    default:
      return false;
  }
}

function inOrder(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) break;
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`;
      const entries = Object.keys(value)
        .sort()
        .map((key) => `${JSON.stringify(key)}:${inOrder((value as Record<string, unknown>)[key])}`);
      return `{${entries.join(',')}}`;
    }
  }
  throw new Error(`${String(value)} has no canonical form`);
}
