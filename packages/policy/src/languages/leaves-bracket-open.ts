// Pure. Asked by the readers of sed and awk about a regular expression, as written between its delimiters.

/** Whether a `[` in the expression is still open at its end: some readers would then read on. */
export function leavesBracketOpen(expression: string): boolean {
  for (let at = 0; at < expression.length; at += 1) {
    if (expression.charAt(at) === '\\') at += 1;
    else if (expression.charAt(at) === '[') {
      let inside = at + 1;
      if (expression.charAt(inside) === '^') inside += 1;
      if (expression.charAt(inside) === ']') inside += 1;
      while (inside < expression.length && expression.charAt(inside) !== ']') {
        inside += expression.charAt(inside) === '\\' ? 2 : 1;
      }
      if (inside >= expression.length) return true;
      at = inside;
    }
  }
  return false;
}
