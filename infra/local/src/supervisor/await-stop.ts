// Turns signals, and the end of the process that started us, into one request to stop. Entered by main.ts.
// Installs handlers on this process.

/** npm passes a terminal's Ctrl-C on although the terminal has sent it to everyone already: such echoes are the same wish. */
const echoMs = 700;

export type StopRequest = {
  /** Resolves with why, at the first request. */
  requested: Promise<string>;
};

/** `onHurry` is called when someone asks again. */
export function awaitStop(onHurry: () => void): StopRequest {
  let firstAtMs: number | null = null;
  let announce: (reason: string) => void = () => undefined;
  const requested = new Promise<string>((resolve) => {
    announce = resolve;
  });
  const request = (reason: string) => {
    const nowMs = performance.now();
    if (firstAtMs === null) {
      firstAtMs = nowMs;
      announce(reason);
    } else if (nowMs - firstAtMs > echoMs) onHurry();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => request(signal));
  // Where it was not started by start.mjs there is no channel, and this never comes.
  process.once('disconnect', () => request('the end of npm start'));
  process.channel?.unref();
  return { requested };
}
