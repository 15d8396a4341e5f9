// Thrown where the person at the satellite has to do something. The command line prints the sentence alone.

export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
