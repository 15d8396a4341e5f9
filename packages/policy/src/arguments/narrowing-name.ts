// Entered from check-arguments, check-exec and standard-input: by which names a search leaves out everything else. Pure.

/** Beside these a name does not hold for all that is found. */
const alternatives = new Set(['-o', '-or', '!', '-not', '(', ')', ',']);
const plainPattern = /^[A-Za-z0-9._*-]+$/;

/** `words`: of `find`, in front of what is done with what it finds. */
export function nameOfFound(
  words: ReadonlyArray<string | undefined>,
  all: ReadonlyArray<string | undefined>,
): string | undefined {
  const at = words.indexOf('-name');
  if (at < 0 || words.indexOf('-name', at + 1) >= 0 || all.some((word) => word !== undefined && alternatives.has(word)))
    return undefined;
  const pattern = words[at + 1] ?? '';
  // `-printf -name -true`: the name of the test is what another one takes. A pattern that is no option then stands where none can.
  return pattern.startsWith('-') ? undefined : asName(pattern);
}

export function asName(pattern: string): string | undefined {
  return plainPattern.test(pattern) ? pattern.replaceAll(/[*]+/g, '*') : undefined;
}
