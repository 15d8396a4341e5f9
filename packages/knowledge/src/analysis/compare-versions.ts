// Which of two package versions is newer, by the order that dpkg defines (rpm agrees for what is compared here).
// Pure.

/** Negative: `a` is older. Epoch, then upstream version, then revision. */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  return (
    left.epoch - right.epoch || comparePart(left.upstream, right.upstream) || comparePart(left.revision, right.revision)
  );
}

function parse(version: string) {
  const [, epoch, rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch ?? 0),
    upstream: dash === -1 ? rest : rest.slice(0, dash),
    revision: dash === -1 ? '' : rest.slice(dash + 1),
  };
}

/** Alternates between what isn't digits (letters before other signs, `~` before everything, even the end) and numbers. */
function comparePart(a: string, b: string): number {
  let left = a;
  let right = b;
  while (left !== '' || right !== '') {
    const [leftText = ''] = /^\D*/.exec(left) ?? [];
    const [rightText = ''] = /^\D*/.exec(right) ?? [];
    const length = Math.max(leftText.length, rightText.length);
    for (let index = 0; index < length; index += 1) {
      const difference = order(leftText[index]) - order(rightText[index]);
      if (difference !== 0) return difference;
    }
    left = left.slice(leftText.length);
    right = right.slice(rightText.length);
    const [leftNumber = ''] = /^\d*/.exec(left) ?? [];
    const [rightNumber = ''] = /^\d*/.exec(right) ?? [];
    const difference = BigInt(leftNumber || 0) - BigInt(rightNumber || 0);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
    left = left.slice(leftNumber.length);
    right = right.slice(rightNumber.length);
  }
  return 0;
}

function order(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  const code = character.charCodeAt(0);
  return /[a-zA-Z]/.test(character) ? code : code + 256;
}
