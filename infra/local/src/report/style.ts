// Colours for terminals that show them. Used by the report.
// Pure.

export type Style = {
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  /** Always the same colour for the same name. */
  readonly named: (name: string, text: string) => string;
};

const nameColours = [36, 35, 34, 32, 33, 96, 95, 94, 92, 93] as const;
const colourByName = new Map<string, number>();

export function createStyle(colour: boolean): Style {
  const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    green: paint(32),
    yellow: paint(33),
    red: paint(31),
    dim: paint(2),
    bold: paint(1),
    named: (name, text) => paint(colourOf(name))(text),
  };
}

function colourOf(name: string): number {
  const known = colourByName.get(name);
  if (known !== undefined) return known;
  const colour = nameColours[colourByName.size % nameColours.length] ?? 36;
  colourByName.set(name, colour);
  return colour;
}
