/** How far the memory of this process grows. */

/** Between two looks. Longer than a look takes, shorter than a window of a transfer is there. */
const LOOK_MS = 5;

export class MemoryWatch {
  /** Resident before this process had its first member: what is allocated later and freed again may stay with the process. */
  private readonly before = process.memoryUsage.rss();
  private most = 0;
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    this.stop();
    this.most = 0;
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
  }

  /** Returns by how many bytes it was larger, at most, since `start`. */
  stop(): number {
    if (this.timer === undefined) return 0;
    clearInterval(this.timer);
    this.timer = undefined;
    this.look();
    return Math.max(0, this.most - this.before);
  }

  private look(): void {
    this.most = Math.max(this.most, process.memoryUsage.rss());
  }
}
