/**
 * A promise in simulated time: whoever waits for it is called when the simulation comes to it. A real one would call between two runs of the
 * event loop, which simulated time knows nothing of.
 */
export class SimPromise extends Promise<void> {
  private readonly begin: (ready: () => void) => void;

  /** @param begin is called when somebody waits; it calls `ready` later, once */
  constructor(begin: (ready: () => void) => void) {
    super(() => {});
    this.begin = begin;
  }

  /** Promises that come of this one are real. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: to be waited for is what it is there for.
  override then<A, B>(ready?: Parameters<Promise<void>['then']>[0]): Promise<A | B> {
    this.begin(() => void ready?.());
    return new Promise<A | B>(() => {});
  }
}
