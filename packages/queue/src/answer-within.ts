// A deadline for a server's answer. Touches nothing but the clock.

/** Rejects after `timeoutMs` with a sentence about `who`; the late answer is then dropped, its failure too. */
export async function answerWithin(who: string, timeoutMs: number, answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${who} did not answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
