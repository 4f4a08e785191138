import type { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { loadAddon } from '../../../ts/data-plane/addon-loader.js';
import { createNativeDriver } from '../../../ts/data-plane/native.js';
import type { DriverFactory } from '../../../ts/data-plane/plane.js';
import { createTypeScriptDriver } from '../../../ts/data-plane/typescript/io-driver.js';
import { describeDriver } from '../../contracts/driver-contract.js';
import { compiledDriver } from '../../helpers/real-member.js';

async function nativeDriver(): Promise<DriverFactory> {
  const result = loadAddon();
  if (!result.loaded) throw new Error(result.reason);
  return (options, events) => createNativeDriver(result.addon, options, events);
}

describeDriver({ mode: 'ts', threadMode: 'single', load: async () => createTypeScriptDriver });
describeDriver({ mode: 'ts', threadMode: 'multi', load: compiledDriver });
describeDriver({ mode: 'native', threadMode: 'single', load: nativeDriver });
describeDriver({ mode: 'native', threadMode: 'multi', load: nativeDriver });

describe('a ts driver whose worker fails', () => {
  async function openWithWorker() {
    const create = await compiledDriver();
    const made = new Promise<Worker>((resolve) => process.once('worker', resolve));
    const failures: Error[] = [];
    const driver = await create(
      {
        threadMode: 'multi',
        address: { host: '127.0.0.1', port: 0 },
        multicast: undefined,
        socketBufferBytes: 65536,
        offload: false,
        drop: { rate: 0, seed: 1 },
        frameBytes: undefined,
        awake: new Int32Array(new SharedArrayBuffer(128)),
      },
      { onReady() {}, onWanted() {}, onUnattached() {}, onRefused() {}, onFailure: (error) => failures.push(error) },
    );
    return { driver, worker: await made, failures };
  }

  it('tells once of an error that nobody caught, and can still be closed', async () => {
    const { driver, worker, failures } = await openWithWorker();
    worker.postMessage({ type: 'install' });
    await vi.waitUntil(() => failures.length > 0);
    expect(failures[0]).toBeInstanceOf(TypeError);
    await vi.waitUntil(() => worker.threadId === -1);
    driver.flush();
    await driver.close();
    expect(failures).toHaveLength(1);
  });

  it('tells of a worker that ends', async () => {
    const { driver, worker, failures } = await openWithWorker();
    await worker.terminate();
    expect(failures.map((error) => error.message)).toEqual(['the I/O worker has ended, with code 1']);
    await driver.close();
  });

  it('refuses rings that a worker could not see', async () => {
    const { driver } = await openWithWorker();
    const config = {
      connectionLow: 1,
      connectionHigh: 2,
      myRank: 0,
      addresses: [driver.address, { host: '127.0.0.1', port: 9 }],
      frameBytes: 1400,
      maxWindow: 65536,
      checked: false,
      seed: 1,
      prompt: false,
    };
    driver.install(1, config, new Int32Array(new SharedArrayBuffer(1024)));
    expect(() => driver.openSend(1, 2, 1, new Uint8Array(8192), 0)).toThrow('rings must be shared memory');
    await driver.close();
  });
});
