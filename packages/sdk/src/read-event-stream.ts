// The wire form of server-sent events (WHATWG): bytes in, messages out. Entered from follow-run only; knows nothing of runs.

export interface StreamMessage {
  event: string;
  data: string;
  /** The last id seen so far, as the standard has it; empty before the first. */
  lastEventId: string;
}

/** Messages of one response body, in order. `onBytes` is called for every piece, comments included. */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<StreamMessage, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  let event = '';
  let data: string[] = [];
  let lastEventId = '';
  try {
    while (true) {
      const piece = await reader.read();
      if (piece.done) return; // A message without its blank line is incomplete: it comes again after the reconnect.
      onBytes();
      pending += decoder.decode(piece.value, { stream: true });
      const lines = pending.split(/\r\n|\n|\r(?=.)/s);
      pending = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n'), lastEventId };
          event = '';
          data = [];
          continue;
        }
        const colon = line.indexOf(':');
        if (colon === 0) continue;
        const field = colon === -1 ? line : line.slice(0, colon);
        const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'event') event = value;
        else if (field === 'data') data.push(value);
        else if (field === 'id' && !value.includes('\0')) lastEventId = value;
      }
    }
  } finally {
    await reader.cancel();
  }
}
