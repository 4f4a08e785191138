/** How far the memory of this process grows. */

/** Between two looks. Longer than a look takes, shorter than a window of a transfer is there. */
const LOOK_MS = 5;

export class MemoryWatch {
  private before = 0;
  private most = 0;
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    this.stop();
    this.before = process.memoryUsage.rss();
    this.most = this.before;
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
  }

  /** Returns by how many bytes it was larger, at most, since `start`. */
  stop(): number {
    if (this.timer === undefined) return 0;
    clearInterval(this.timer);
    this.timer = undefined;
    this.look();
    return this.most - this.before;
  }

  private look(): void {
    this.most = Math.max(this.most, process.memoryUsage.rss());
  }
}
