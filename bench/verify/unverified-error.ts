/** Something was lost, repeated, out of order or changed: whatever the figures are, they are worth nothing. */
export class UnverifiedError extends Error {
  override readonly name = 'UnverifiedError';
  readonly unverified = true;

  constructor(what: string) {
    super(`not verified: ${what}`);
  }
}

/** Also of an error that was one in a worker. */
export function isUnverified(error: unknown): boolean {
  return (error as { unverified?: unknown } | undefined)?.unverified === true;
}
