/** A transaction as users put it together: compares first, in any order with what is to be done; all of it happens, or nothing. */
import { ConsortError } from '../base/errors.js';
import { MAX_TRANSACTION_OPERATIONS } from './limits.js';
import {
  checkTransaction,
  keyBytes,
  type SignalOptions,
  type StoreBytes,
  valueBytes,
  versionNumber,
} from './store-arguments.js';
import type { Compare, Effect, Outcome, Transaction } from './transaction.js';

export class StoreTransaction {
  readonly #commit: (transaction: Transaction, options: SignalOptions | undefined) => Promise<Outcome>;
  readonly #compares: Compare[] = [];
  readonly #effects: Effect[] = [];
  #isCommitted = false;

  constructor(commit: (transaction: Transaction, options: SignalOptions | undefined) => Promise<Outcome>) {
    this.#commit = commit;
  }

  /** Only if the key has this value; undefined: only if it is not there. */
  compare(key: StoreBytes, value: StoreBytes | undefined): this {
    const expected = value === undefined ? undefined : valueBytes(value);
    return this.#add(this.#compares, { type: 'value', key: keyBytes(key), value: expected });
  }

  /** Only if this version was the last to write the key; 0: only if it is not there. */
  compareVersion(key: StoreBytes, version: number): this {
    const expected = versionNumber(version, 'version', 0);
    return this.#add(this.#compares, { type: 'version', key: keyBytes(key), version: expected });
  }

  put(key: StoreBytes, value: StoreBytes): this {
    return this.#add(this.#effects, { type: 'put', key: keyBytes(key), value: valueBytes(value) });
  }

  /** A key that is not there may be deleted, too. */
  delete(key: StoreBytes): this {
    return this.#add(this.#effects, { type: 'delete', key: keyBytes(key) });
  }

  /**
   * Resolves when a majority has it; `committed` is false when a compare did not hold, and `version` is that of the commit, or of the state in which it
   * did not hold. When `signal` gives it up it may still happen.
   */
  async commit(options?: SignalOptions): Promise<Outcome> {
    this.#checkOpen('commit()');
    const transaction = { compares: this.#compares, effects: this.#effects };
    checkTransaction(transaction);
    this.#isCommitted = true;
    return this.#commit(transaction, options);
  }

  #add<T>(list: T[], each: T): this {
    this.#checkOpen('the transaction');
    // So that what is refused in the end does not fill the memory first; one more, for the error to say so.
    if (this.#compares.length + this.#effects.length <= MAX_TRANSACTION_OPERATIONS) list.push(each);
    return this;
  }

  #checkOpen(call: string): void {
    if (!this.#isCommitted) return;
    throw new ConsortError('ERR_INVALID_ARGUMENT', `${call}: the transaction was committed already; make another one`);
  }
}
