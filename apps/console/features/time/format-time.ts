// Times and durations in words. Pure: `nowMs` is given.

/** `just now`, `4 min ago`, `3 h ago`, `2 d ago`, then the date. */
export function formatAgo(at: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(at)) / 1_000);
  // A server's clock may be a little ahead of the browser's.
  if (seconds < 45) return seconds < -60 ? formatIn(at, nowMs) : 'just now';
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.round(hours / 24);
  if (days < 14) return `${days} d ago`;
  return new Date(at).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
}

/** `in 12 min`; `now` once it has passed. */
export function formatIn(at: string, nowMs: number): string {
  const seconds = Math.round((Date.parse(at) - nowMs) / 1_000);
  if (seconds <= 0) return 'now';
  if (seconds < 90) return `in ${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `in ${hours} h` : `in ${Math.round(hours / 24)} d`;
}

/** A moment to be met, in the browser's time zone and with its name: `Dec 1, 2026, 02:00 GMT+1`. */
export function formatMoment(at: string): string {
  return new Date(at).toLocaleString(undefined, {
    ...{ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
    timeZoneName: 'short',
  });
}

/** A moment that was, to the second: `Nov 27, 2026, 11:48:28 PM UTC`. */
export function formatExact(at: string): string {
  return new Date(at).toLocaleString(undefined, {
    ...{ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    timeZoneName: 'short',
  });
}

/** A moment of these days beside how far it is: `14:02 (4 min ago)`, `14:20 (in 12 min)`; the date where it is another day. */
export function formatNear(at: string, nowMs: number): string {
  const moment = new Date(at);
  const isToday = moment.toDateString() === new Date(nowMs).toDateString();
  const clock = moment.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  const said = isToday ? clock : formatMoment(at);
  return `${said} (${moment.getTime() > nowMs ? formatIn(at, nowMs) : formatAgo(at, nowMs)})`;
}

/** `12 ms`, `3.4 s`, `2 min 05 s`, `5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60 && seconds % 60 === 0) return `${minutes} min`;
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `0 B`, `812 B`, `4.1 KiB`, `50.0 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = -1;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** `1 node`, `12 nodes`, `9,812 nodes`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
