/** When a member had which view, and how long it was kept from sending. Times are those of a clock that all processes of the machine share. */
import type { Address, ViewData } from '../../ts/index.js';
import { machineMs } from './machine-clock.js';

/** One view at one member. */
export interface Change {
  /** Ports tell the members of a bench apart. */
  readonly ports: readonly number[];
  readonly acceptedMs: number;
  /** When `onBlock` was called for it: undefined in the first view. */
  readonly blockedMs?: number;
}

export class ChangeLog {
  private changes: Change[] = [];
  private blockedMs: number | undefined;
  private readonly waiting = new Set<() => void>();

  noteBlock(): void {
    this.blockedMs ??= machineMs();
  }

  noteView(view: ViewData): void {
    const { blockedMs } = this;
    const ports = view.members.map(({ port }) => port);
    this.changes.push({ ports, acceptedMs: machineMs(), ...(blockedMs === undefined ? {} : { blockedMs }) });
    this.blockedMs = undefined;
    for (const look of [...this.waiting]) look();
  }

  /** Resolves with the time of the first view, accepted then or later, of exactly these members. */
  whenIn(members: readonly Address[], sinceMs: number): Promise<number> {
    const wanted = new Set(members.map(({ port }) => port));
    return new Promise((resolve) => {
      const look = () => {
        const found = this.changes.find(
          ({ ports, acceptedMs }) =>
            acceptedMs >= sinceMs && ports.length === wanted.size && ports.every((port) => wanted.has(port)),
        );
        if (found === undefined) return;
        this.waiting.delete(look);
        resolve(found.acceptedMs);
      };
      this.waiting.add(look);
      look();
    });
  }

  /** All until now, for the last time. */
  take(): readonly Change[] {
    return this.changes.splice(0);
  }
}
