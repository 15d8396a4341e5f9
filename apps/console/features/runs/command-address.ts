// The address of the box where a command is written, filled in for one node or for a selector. Nothing runs by going there. Pure.

export function commandAddress({ command, selector }: { command: string; selector: string | null }): string {
  const query = new URLSearchParams({ kind: 'command', command });
  if (selector !== null) query.set('selector', selector);
  return `/?${query}`;
}
