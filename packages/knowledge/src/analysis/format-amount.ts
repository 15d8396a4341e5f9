// Sizes and durations as people write them. Pure.

/** "1.9 MB", "24 GB"; powers of 1,024 under their everyday names. */
export function formatKib(kib: number): string {
  const units = ['KB', 'MB', 'GB', 'TB', 'PB'];
  let value = kib;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${roundSmall(value)} ${units[unit]}`;
}

/** "1.9 of 2.0 MB": one unit for both, the larger's. */
export function formatKibOf(usedKib: number, totalKib: number): string {
  const [, unit] = formatKib(totalKib).split(' ');
  const divisor = 1_024 ** ['KB', 'MB', 'GB', 'TB', 'PB'].indexOf(unit ?? 'KB');
  return `${roundSmall(usedKib / divisor)} of ${roundSmall(totalKib / divisor)} ${unit}`;
}

/** "45 seconds", "12 minutes", "3 hours", "9 days". */
export function formatSeconds(seconds: number): string {
  const steps = [
    { unit: 'day', seconds: 86_400 },
    { unit: 'hour', seconds: 3_600 },
    { unit: 'minute', seconds: 60 },
    { unit: 'second', seconds: 1 },
  ];
  const step = steps.find((candidate) => seconds >= candidate.seconds) ?? { unit: 'second', seconds: 1 };
  const count = Math.floor(seconds / step.seconds);
  return `${count} ${step.unit}${count === 1 ? '' : 's'}`;
}

function roundSmall(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toString();
}
