// Thrown by decoding and encoding: the peer broke the protocol. The caller closes the connection and logs the code.

export type FrameErrorCode = 'unknown_frame' | 'oversized_frame' | 'malformed_frame';

/** `message` says what was wrong in plain words and never contains the frame's content. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: FrameErrorCode;

  constructor(code: FrameErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
