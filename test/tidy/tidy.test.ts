import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  coreIsSansIo,
  coreIsTested,
  protocolsAreSansIo,
  type SourceFile,
  testsExpectSomething,
  twinsAreInStep,
} from './rules.js';

const root = join(import.meta.dirname, '../..');

function filesIn(folder: string, ending: RegExp): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }));
}

const paths = (files: readonly SourceFile[]) => files.map((file) => file.path);

const core = filesIn('native/core', /\.(cc|h)$/);
const nativeTests = filesIn('native/test', /_test\.cc$/);
const twin = filesIn('ts/data-plane/typescript', /\.ts$/);
const protocols = ['ts/stack', 'ts/layers', 'ts/ordering', 'ts/client-server'].flatMap((folder) =>
  filesIn(folder, /\.ts$/),
);
/** Of the membership service, but for its sockets. */
const service = filesIn('ts/groupd', /\.ts$/).filter(({ path }) => !/\/(client|server)\.ts$/.test(path));
/** Of the store, but for its disk, its HTTP server, and what users make. */
const store = filesIn('ts/store', /\.ts$/).filter(
  ({ path }) => !/\/(level-|replicated-store|store-server|store-life)[^/]*$/.test(path),
);
const tests = filesIn('test', /\.test\.ts$/);

describe('the source tree', () => {
  it('is where the rules look for it', () => {
    expect([core, nativeTests, twin, tests].map((files) => files.length > 0)).toEqual([true, true, true, true]);
  });

  it('keeps native/core free of system calls, clocks, threads and Node', () => {
    expect(coreIsSansIo(core)).toEqual([]);
  });

  it('keeps the twin, the stack, the layers, the ordering policies, clients and servers, and stores free of clocks, timers and randomness', () => {
    expect(protocolsAreSansIo([...twin, ...protocols, ...service, ...store])).toEqual([]);
  });

  it('has a TypeScript twin for each file of native/core, and the reverse', () => {
    expect(twinsAreInStep(paths(core), paths(twin))).toEqual([]);
  });

  it('has a C++ unit test for each source of native/core', () => {
    expect(coreIsTested(paths(core), paths(nativeTests))).toEqual([]);
  });

  it('has no test file that expects nothing', () => {
    expect(testsExpectSomething(tests)).toEqual([]);
  });
});

describe('the rules', () => {
  const cpp = (text: string): SourceFile => ({ path: 'native/core/ring.cc', text });
  const ts = (text: string, path = 'ts/layers/suspect.ts'): SourceFile => ({ path, text });

  it.each([
    '#include <sys/socket.h>',
    '#include <unistd.h>',
    '#include <chrono>',
    '#  include <thread>',
    '#include <napi.h>',
    '#include "uv.h"',
    '#include "io/udp_socket.h"',
  ])('find %s in native/core', (line) => {
    expect(coreIsSansIo([cpp(`#include <cstdint>\n${line}\n`)])).toHaveLength(1);
  });

  it.each([
    'const now = Date.now();',
    'const now = performance.now();',
    'const delay = base * Math.random();',
    'setTimeout(() => {}, 5);',
    'const timer = setInterval(tick, 5);',
    'setImmediate(tick);',
    "if (process.env['DEBUG']) tick();",
  ])('find %s in a layer', (line) => {
    expect(protocolsAreSansIo([ts(`let x = 0;\n${line}\n`)])).toEqual([expect.stringContaining('suspect.ts:2: uses')]);
  });

  it('let code use its environment, and comments name what the code must not do', () => {
    const allowed = [
      'environment.setTimeout(tick, 5); // never setTimeout(',
      'const now = this.clock.now();',
      '/* Date.now()\n   Math.random() */',
      'const subprocess = state.process.name;',
    ];
    expect(protocolsAreSansIo([ts(allowed.join('\n'))])).toEqual([]);
    expect(coreIsSansIo([cpp('// not <chrono>: #include <chrono>\n#include <atomic>\n')])).toEqual([]);
  });

  it('let io-*.ts of the twin do I/O', () => {
    const text = 'setTimeout(tick, 5);';
    expect(protocolsAreSansIo([ts(text, 'ts/data-plane/typescript/io-udp.ts')])).toEqual([]);
    expect(protocolsAreSansIo([ts(text, 'ts/data-plane/typescript/flow.ts')])).toHaveLength(1);
  });

  it('find a twin missing on either side', () => {
    const native = ['native/core/frame.h', 'native/core/receive_stream.cc', 'native/core/receive_stream.h'];
    const folder = 'ts/data-plane/typescript';
    const typescript = [`${folder}/frame.ts`, `${folder}/receive-stream.ts`, `${folder}/io-socket.ts`];
    expect(twinsAreInStep(native, typescript)).toEqual([]);
    expect(twinsAreInStep(native, typescript.slice(1))).toEqual([expect.stringContaining('no frame.ts')]);
    expect(twinsAreInStep(native.slice(1), typescript)).toEqual([expect.stringContaining('has frame.ts')]);
  });

  it('find a source of native/core without a test', () => {
    const sources = ['native/core/flow.cc', 'native/core/frame.h'];
    expect(coreIsTested(sources, ['native/test/flow_test.cc'])).toEqual([]);
    expect(coreIsTested(sources, ['native/test/fuzz_flow.cc'])).toHaveLength(1);
  });

  it('find a test file that expects nothing', () => {
    const file = (text: string) => ({ path: 'test/a.test.ts', text });
    expect(testsExpectSomething([file("it('works', () => { expect(1).toBe(1); });")])).toEqual([]);
    expect(testsExpectSomething([file("it('works', () => {}); // expect(1)")])).toHaveLength(1);
  });
});
