// Between one service and PostgreSQL: reads the client's side of the protocol, so that a fault can come right before a commit is sent
// or right after it is done and before the service knows. Entered by the world, once a service.
import type { Direction, Inspector, TcpProxy } from './start-tcp-proxy.ts';
import { startTcpProxy } from './start-tcp-proxy.ts';

/** What may happen at a commit. Returns what becomes of the piece that carries it. */
export interface CommitTrap {
  /** Matches a statement of the transaction with its values, in lower case. */
  readonly statement: RegExp;
  readonly when: 'before' | 'after';
  /** Called once. `drop`: the piece and the connection are gone. */
  spring(): 'carry' | 'drop';
}

export interface PostgresProxy extends TcpProxy {
  /** Returns what takes the trap away. */
  set(trap: CommitTrap): () => void;
}

export async function startPostgresProxy(target: { host: string; port: number }): Promise<PostgresProxy> {
  const traps = new Set<CommitTrap>();
  const proxy = await startTcpProxy(target, (cut) => inspectConnection(cut, traps));
  return {
    ...proxy,
    set(trap) {
      traps.add(trap);
      return () => traps.delete(trap);
    },
  };
}

const statementBytesMax = 4_096;
const commitStatement = /^\s*commit\b/;
const beginStatement = /^\s*(begin|start transaction)\b/;

function inspectConnection(cut: () => void, traps: Set<CommitTrap>): Inspector {
  const readers = { up: createMessageReader(true), down: createMessageReader(false) };
  /** Of the open transaction, or of the single statement that is one. */
  let statements: string[] = [];
  let isInTransaction = false;
  /** Sent, and PostgreSQL has not said yet that it is done. */
  let committing: string[] | null = null;

  const sprung = (when: CommitTrap['when'], done: readonly string[]): 'carry' | 'drop' => {
    for (const trap of traps) {
      if (trap.when !== when || !done.some((statement) => trap.statement.test(statement))) continue;
      traps.delete(trap);
      return trap.spring();
    }
    return 'carry';
  };
  const dropped = () => {
    cut();
    return null;
  };

  return (direction: Direction, piece: Buffer) => {
    for (const message of readers[direction](piece)) {
      if (direction === 'down') {
        if (message.type !== 'Z' || committing === null) continue;
        const done = committing;
        committing = null;
        if (sprung('after', done) === 'drop') return dropped();
        continue;
      }
      if (message.type === 'B' && isInTransaction) {
        // The values of the statement before it.
        statements.push(`${statements.pop() ?? ''} ${message.body.toString('latin1').toLowerCase()}`);
        continue;
      }
      const statement = statementOf(message);
      if (statement === null) continue;
      if (beginStatement.test(statement)) {
        isInTransaction = true;
        statements = [];
      } else if (commitStatement.test(statement)) {
        isInTransaction = false;
        committing = statements;
        if (sprung('before', statements) === 'drop') return dropped();
      } else if (isInTransaction) {
        statements.push(statement);
      } else {
        committing = [statement];
        if (sprung('before', committing) === 'drop') return dropped();
      }
    }
    return piece;
  };
}

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

function statementOf({ type, body }: Message): string | null {
  if (type === 'Q') return textUntilNul(body, 0);
  // Parse: the statement's name, then its text.
  if (type === 'P') return textUntilNul(body, body.indexOf(0) + 1);
  return null;
}

function textUntilNul(body: Buffer, start: number): string {
  const end = body.indexOf(0, start);
  return body
    .subarray(start, end === -1 ? body.length : end)
    .toString('latin1')
    .toLowerCase();
}

/** Finds the messages in a stream of pieces; keeps of each as much as a statement needs. */
function createMessageReader(startsUntyped: boolean): (piece: Buffer) => Message[] {
  let header = Buffer.alloc(0);
  let open: { type: string; parts: Buffer[]; kept: number; left: number } | null = null;
  let isFirst = startsUntyped;
  return (piece) => {
    const messages: Message[] = [];
    let at = 0;
    while (at < piece.length || (open !== null && open.left === 0)) {
      if (open === null) {
        const headerBytes = isFirst ? 4 : 5;
        const taken = piece.subarray(at, at + headerBytes - header.length);
        header = Buffer.concat([header, taken]);
        at += taken.length;
        if (header.length < headerBytes) break;
        const type = isFirst ? '' : String.fromCharCode(header[0] ?? 0);
        open = { type, parts: [], kept: 0, left: header.readInt32BE(headerBytes - 4) - 4 };
        isFirst = false;
        header = Buffer.alloc(0);
      }
      const part = piece.subarray(at, at + open.left);
      at += part.length;
      open.left -= part.length;
      if (open.kept < statementBytesMax) {
        open.parts.push(part);
        open.kept += part.length;
      }
      if (open.left > 0) break;
      messages.push({ type: open.type, body: Buffer.concat(open.parts) });
      open = null;
    }
    return messages;
  };
}
