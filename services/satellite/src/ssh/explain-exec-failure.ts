// Entered wherever an exec request failed: what that says about what was asked. It decides between "not started" and "unknown", so
// there is one of it.
import type { SshConnection } from './open-ssh-connection.ts';

export type ExecFailure =
  /** The request was sent; what became of it is not known. */
  | { kind: 'lost'; detail: string }
  /** The connection broke before the request was sent. */
  | { kind: 'not_sent'; detail: string }
  /** The node refused the channel or the request. */
  | { kind: 'refused'; detail: string };

/** ssh2 asks for a channel first. Without one nothing was sent; only this error is about the request itself. */
export function explainExecFailure(connection: SshConnection, error: Error): ExecFailure {
  const isAboutRequest = error.message === 'Unable to exec';
  if (isAboutRequest && connection.isClosed()) {
    return { kind: 'lost', detail: 'The connection broke after the request was sent.' };
  }
  if (connection.isClosed()) return { kind: 'not_sent', detail: 'The connection broke before the request was sent.' };
  return {
    kind: 'refused',
    detail: isAboutRequest
      ? 'The node accepts the login but refuses to run commands. Check ForceCommand and the account.'
      : `The node refused another channel (${error.message}). Raise MaxSessions there, or lower runningPerNodeMax.`,
  };
}
