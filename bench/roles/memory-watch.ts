/** How far the memory of this process grows. */
import { readFileSync } from 'node:fs';

/** Between two looks. Longer than a look takes, shorter than a window of a transfer is there. */
const LOOK_MS = 5;

export class MemoryWatch {
  private before = 0;
  private most = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param now what it has, in bytes; default: what is resident */
  constructor(private readonly now: () => number = () => process.memoryUsage.rss()) {}

  start(): void {
    this.stop();
    this.before = this.now();
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
    this.most = Math.max(this.most, this.now());
  }
}

/**
 * What is resident of this process, without the files that it has mapped: LevelDB reads its tables so, and the kernel takes those pages back when somebody
 * needs them. Elsewhere than on Linux: all that is resident.
 */
export function ownBytes(): number {
  try {
    const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // There is no such file.
  }
  return process.memoryUsage.rss();
}
