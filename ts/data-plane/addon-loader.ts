/**
 * Finds and loads the compiled addon: the one file that knows where it is. Looks at what `npm ci` built in a checkout, then at what the published
 * package carries for this platform. Never throws: says instead what was tried and why it failed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A member's sockets and views in C++ (native/addon/plane_object.cc). */
export interface AddonPlane {
  readonly host: string;
  readonly port: number;
  readonly frameBytes: number;
  /** Whether the kernel has UDP segmentation offload. */
  readonly segments: boolean;
  install(view: number, config: object, hosts: string[], ports: number[], counters: Int32Array): void;
  openStream(view: number, kind: number, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): void;
  /** Exactly these ranks are watched from now on. */
  watch(view: number, ranks: number[], intervalMicros: number): void;
  change(
    view: number,
    what: 'exclude' | 'holder' | 'stop' | 'retire',
    rank: number,
    other: number,
    position: number,
  ): void;
  flush(): void;
  takeWanted(): [view: number, origin: number, kind: number] | undefined;
  takeUnattached(): { host: string; port: number; bytes: Uint8Array } | undefined;
  takeRefused(): { host: string; port: number } | undefined;
  sendUnattached(host: string, port: number, bytes: Uint8Array): boolean;
  stats(): Float64Array;
  close(): Promise<void>;
}

/** One view without socket or clock in C++ (native/addon/core_object.cc). */
export interface AddonCore {
  openStream(kind: number, rank: number, outgoing: boolean, ring: Uint8Array, slot: number): boolean;
  /** Returns whether streams wait to be opened: see takeWanted. */
  receive(frame: Uint8Array, nowMicros: number): boolean;
  /** The next deadline, -1 for never; where there were frames, or should have been: they (`unpackFrames`), that, and whether the sink was full. */
  poll(nowMicros: number, mostFrames: number): number | [frames: Uint8Array, deadline: number, blocked: boolean];
  /** Frames in the same form, those of one poll, into memory that is there already; returns their bytes. What has no room stays for the next poll. */
  pollInto(nowMicros: number, memory: Uint8Array): number;
  /** Takes in those frames, of so many bytes in that form, that go to this member. */
  receivePacked(packed: Uint8Array, bytes: number, nowMicros: number): void;
  /** Of `watch` the position is the interval, in microseconds; `answer` is for all ranks, at the end of the view. */
  change(
    what: 'exclude' | 'holder' | 'stop' | 'watch' | 'answer',
    rank: number,
    other: number,
    position: number,
    nowMicros: number,
  ): void;
  takeWanted(): [origin: number, kind: number] | undefined;
  received(rank: number): number;
  stats(): Float64Array;
}

export interface LimitResult {
  readonly bytes: number;
  readonly messages: number;
  readonly seconds: number;
  readonly checksum: number;
}

/** The bench's limit row (native/io/limit_loop.h). Its calls block their thread. */
export interface AddonLimitSocket {
  readonly port: number;
  /** Whether the kernel has UDP segmentation offload (GSO), if it was asked for. */
  readonly segments: boolean;
  /** Whether it joins what arrives (GRO), likewise. */
  readonly coalesces: boolean;
  send(options: { host: string; port: number; frameBytes: number; messageBytes: number; seconds: number }): LimitResult;
  receive(options: { messageBytes: number; seconds: number }): LimitResult;
}

export interface Addon {
  readonly Plane: new (options: object, awake: Int32Array, onReady: () => void) => AddonPlane;
  readonly Core: new (config: object, counters: Int32Array) => AddonCore;
  readonly LimitSocket: new (host: string, offload: boolean) => AddonLimitSocket;
  /** CPU time that the calling thread has used, in microseconds. */
  threadCpuMicros(): number;
}

export type LoadResult =
  | { readonly loaded: true; readonly addon: Addon; readonly path: string }
  | { readonly loaded: false; readonly reason: string };

let result: LoadResult | undefined;

/** Loads the addon once; later calls return the same. */
export function loadAddon(): LoadResult {
  result ??= tryLoad();
  return result;
}

function tryLoad(): LoadResult {
  if (process.env.CONSORT_MODE === 'ts') return { loaded: false, reason: 'the environment says CONSORT_MODE=ts' };
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  for (const file of candidates(packageRoot())) {
    if (!existsSync(file)) {
      failures.push(`${file}: not there`);
      continue;
    }
    try {
      return { loaded: true, addon: require(file) as Addon, path: file };
    } catch (error) {
      failures.push(`${file}: ${(error as Error).message}`);
    }
  }
  return {
    loaded: false,
    reason: `no addon for ${platform()}, Node-API ${process.versions.napi}: ${failures.join('; ')}`,
  };
}

/** The second is looked for only where the first is not: what tells musl from glibc takes ten milliseconds. */
function* candidates(root: string): Iterable<string> {
  yield path.join(root, 'build', 'Release', 'consort.node');
  const name = isMusl() ? 'consort.musl.node' : 'consort.node';
  yield path.join(root, 'prebuilds', platform(), name);
}

function platform(): string {
  return `${process.platform}-${process.arch}`;
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const header = (process.report.getReport() as { header?: { glibcVersionRuntime?: string } }).header;
  return header?.glibcVersionRuntime === undefined;
}

/** The folder of our package.json: the same distance from the sources and from `dist` is not to be relied on. */
function packageRoot(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'consort')
      return folder;
    if (folder === path.dirname(folder)) return folder;
  }
}
