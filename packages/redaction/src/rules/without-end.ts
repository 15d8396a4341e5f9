// Entered by rules: a text without these characters at its end, in one pass whatever it holds (a pattern with `+$` takes the square). Pure.

export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
