// Nothing was signed or made, for a reason that the person can act on. Its message is that sentence.
export class PasskeyError extends Error {
  override readonly name = 'PasskeyError';
}

/** What the browser says when a person, or their device, does not go on. */
export function explainRefusal(cause: unknown): PasskeyError {
  const name = cause instanceof DOMException ? cause.name : '';
  const sentence =
    name === 'NotAllowedError'
      ? 'The passkey was not used: it was cancelled, took too long, or this device has none for this address. Try again.'
      : name === 'InvalidStateError'
        ? 'This device has a passkey of yours already.'
        : name === 'SecurityError'
          ? 'Browsers allow passkeys on https addresses and on localhost alone. Open the console at its own address.'
          : 'The browser could not use a passkey. Try another browser or device, or `sena approve`.';
  return new PasskeyError(sentence, { cause });
}
