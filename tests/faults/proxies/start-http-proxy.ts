// Between a client and a server that speak HTTP/1.1: a fault can come when a request is here and not yet at its server, or when its answer is
// here and not yet at its client. Entered by the world, once a pair.
import { type Direction, type Inspector, startTcpProxy, type TcpProxy } from './start-tcp-proxy.ts';

export interface RequestTrap {
  /** Matches the first line: `POST /v1/runs HTTP/1.1`. */
  readonly request: RegExp;
  /** `request`: nobody has heard of it. `answer`: it was done. */
  readonly at: 'request' | 'answer';
  /** Called once. `drop`: the piece and the connection are gone. */
  spring(): 'carry' | 'drop';
}

export interface HttpProxy extends TcpProxy {
  /** Without a slash at its end. */
  readonly url: string;
  /** Returns what takes the trap away. */
  set(trap: RequestTrap): () => void;
}

export async function startHttpProxy(target: { host: string; port: number }): Promise<HttpProxy> {
  const traps = new Set<RequestTrap>();
  const proxy = await startTcpProxy(target, (cut) => inspectConnection(cut, traps));
  return {
    ...proxy,
    url: `http://127.0.0.1:${proxy.port}`,
    set(trap) {
      traps.add(trap);
      return () => traps.delete(trap);
    },
  };
}

/** Of a piece that begins a request; null: it goes on with one. */
export function firstLineOf(piece: Buffer): string | null {
  return /^[A-Z]+ \S+ HTTP\/1\.1(?=\r\n)/.exec(piece.toString('latin1', 0, 2_048))?.[0] ?? null;
}

function inspectConnection(cut: () => void, traps: Set<RequestTrap>): Inspector {
  /** The request that has no answer yet: nobody sends two at once. */
  let asked: string | null = null;
  const sprung = (at: RequestTrap['at'], line: string): 'carry' | 'drop' => {
    for (const trap of traps) {
      if (trap.at !== at || !trap.request.test(line)) continue;
      traps.delete(trap);
      return trap.spring();
    }
    return 'carry';
  };
  return (direction: Direction, piece: Buffer) => {
    let becomes: 'carry' | 'drop' = 'carry';
    if (direction === 'up') {
      const line = firstLineOf(piece);
      if (line !== null) {
        asked = line;
        becomes = sprung('request', line);
      }
    } else if (asked !== null) {
      becomes = sprung('answer', asked);
      asked = null;
    }
    if (becomes === 'carry') return piece;
    cut();
    return null;
  };
}
