// Labels as a person writes them (`role=web, rack=a`) into what the API takes. Pure.

export type ParsedLabels = { kind: 'labels'; labels: Record<string, string> } | { kind: 'wrong'; sentence: string };

export function parseLabels(text: string): ParsedLabels {
  const labels: Record<string, string> = {};
  for (const term of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const equals = term.indexOf('=');
    const key = equals === -1 ? term : term.slice(0, equals);
    const value = equals === -1 ? '' : term.slice(equals + 1);
    if (equals === -1 || value === '') return { kind: 'wrong', sentence: `Write "${key}=value" instead of "${term}".` };
    if (!/^[a-z][a-z0-9_.-]{0,62}$/.test(key)) {
      return {
        kind: 'wrong',
        sentence: `"${key}" has to begin with a small letter; then small letters, digits, _ . or -.`,
      };
    }
    if (Object.hasOwn(labels, key)) return { kind: 'wrong', sentence: `"${key}" is there twice.` };
    labels[key] = value;
  }
  return { kind: 'labels', labels };
}
