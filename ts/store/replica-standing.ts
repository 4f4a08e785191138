/**
 * Whether a replica's log may count for a majority, and what it keeps of that on its disk.
 *
 * A blank one may have lost what it had acknowledged, or never had anything; it counts when it has the first entry of an epoch on its disk, and with it all
 * that was ever committed. A half one is in a full synchronization: afterwards it is what it was before (invariants S1, S4).
 */
import type { DatabaseReads, Operation } from './database.js';
import { metaOperation, type ReplicaMeta, readMeta } from './replica-meta.js';
import type { Standing } from './store-messages.js';
import type { WritePipeline } from './write-pipeline.js';

export class ReplicaStanding {
  private kept: ReplicaMeta;
  /** As it is now: on the disk it may be worse, where nothing is durable. */
  private now: Standing = 'blank';
  /** Before it became half. */
  private before: Standing = 'blank';
  /** It is about to be intact. */
  private isCounting = false;

  constructor(
    name: string,
    private readonly pipeline: WritePipeline,
    private readonly waitsForDisk: boolean,
  ) {
    this.kept = { name, storeId: '', standing: 'blank', promised: 0 };
  }

  get standing(): Standing {
    return this.now;
  }

  get isHalf(): boolean {
    return this.now === 'half';
  }

  /** As it was written last. */
  get meta(): ReplicaMeta {
    return this.kept;
  }

  /** @throws as `readMeta` */
  load(database: DatabaseReads, isHalf: boolean): void {
    this.kept = readMeta(database, this.kept.name);
    this.now = this.before = this.kept.standing;
    if (isHalf) this.now = 'half';
  }

  /** Where nothing is durable, what it acknowledges from now on may be lost: next time it does not count, unless it was closed. */
  distrust(done: () => void): void {
    this.kept = { ...this.kept, standing: 'blank' };
    this.pipeline.write([metaOperation(this.kept)], true, done);
  }

  /** Nobody else leads in this epoch, or in an earlier one, with its help. */
  promise(epoch: number, done: () => void): void {
    this.kept = { ...this.kept, promised: Math.max(epoch, this.kept.promised) };
    this.pipeline.write([metaOperation(this.kept)], this.waitsForDisk, done);
  }

  /** Its log goes to `last`, and the first entry of the epoch is `first`, 0 when that is not known. */
  countsFrom(last: number, first: number, storeId: string): void {
    if (this.now !== 'blank' || this.isCounting || first === 0 || last < first) return;
    this.isCounting = true;
    // Together: who counts belongs to a store, or others might found another one.
    const standing = this.waitsForDisk ? 'intact' : this.kept.standing;
    this.kept = { ...this.kept, storeId: this.kept.storeId || storeId, standing };
    this.pipeline.write([metaOperation(this.kept)], this.waitsForDisk, () => {
      this.isCounting = false;
      if (this.now === 'blank') this.now = 'intact';
    });
  }

  becameHalf(): void {
    if (this.now !== 'half') this.before = this.now;
    this.now = 'half';
  }

  /** What it had acknowledged is in the copy. */
  becameWhole(): void {
    this.now = this.before;
  }

  /** It is closed, and all is on the disk. */
  closing(): Operation {
    return metaOperation({ ...this.kept, standing: this.now === 'half' ? this.before : this.now });
  }
}
