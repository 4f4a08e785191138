import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../../bench/check/launcher/lanes.js';
import { countedIterations, quartetsOf } from '../../../../bench/check/plan.js';
import { controlLaunches, planLooks } from '../../../../bench/check/statistics/looks.js';

const somewhere = (cpu: number) => ({ command: ['node'] as const, cpu, missing: [] });

/** A job that ends when it is told. */
function job() {
  let end = (_error?: Error) => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  return { ended, end: (error?: Error) => end(error) };
}

describe('lanes', () => {
  it('run as many launches side by side as there are CPUs, each on its own, in order', async () => {
    const lanes = new Lanes([somewhere(4), somewhere(5)]);
    const jobs = [job(), job(), job()];
    const began: string[] = [];
    const all = jobs.map((each, at) =>
      lanes.run(async ({ number, surroundings }) => {
        began.push(`${at} on lane ${number}, CPU ${surroundings.cpu}`);
        await each.ended;
        return at;
      }),
    );
    expect(began).toEqual(['0 on lane 0, CPU 4', '1 on lane 1, CPU 5']);
    jobs[1]?.end();
    await all[1];
    await expect.poll(() => began).toHaveLength(3);
    expect(began[2]).toBe('2 on lane 1, CPU 5');
    jobs[0]?.end();
    jobs[2]?.end();
    expect(await Promise.all(all)).toEqual([0, 1, 2]);
  });

  it('begin nothing after a failure, and are idle when what runs has ended', async () => {
    const lanes = new Lanes([somewhere(0), somewhere(1)]);
    const [fails, goesOn] = [job(), job()];
    let begun = 0;
    const all = [fails, goesOn, job()].map((each) =>
      lanes.run(async () => {
        begun++;
        await each.ended;
      }),
    );
    const results = Promise.allSettled(all);
    fails.end(new Error('no memory'));
    await expect(all[0]).rejects.toThrow('no memory');
    let isIdle = false;
    const idle = lanes.idle().then(() => {
      isIdle = true;
    });
    await expect(all[2]).rejects.toThrow('another launch has failed');
    expect({ begun, isIdle }).toEqual({ begun: 2, isIdle: false });
    goesOn.end();
    await idle;
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    await lanes.idle();
  });
});

describe('how much is measured', () => {
  it('is as long in a launch, however long a batch is, but never too little', () => {
    expect(quartetsOf(200, 400)).toBe(400);
    expect(quartetsOf(400, 400)).toBe(200);
    expect(quartetsOf(20_000, 400)).toBe(60);
    expect(quartetsOf(20_000, 5)).toBe(5);
  });

  it('is as much work for counters, whatever a batch is', () => {
    const calibrated = { iterations: 100, batchMicros: 200, warmUpIterations: 1 };
    expect(countedIterations(calibrated)).toBe(4000);
    expect(countedIterations({ ...calibrated, iterations: 1, batchMicros: 20_000 })).toBe(1);
  });

  it('is less of controls, but always enough for them to be found moving', () => {
    for (const { launches } of planLooks(0.05, 8)) {
      expect(controlLaunches(launches)).toBeGreaterThanOrEqual(6);
      expect(controlLaunches(launches) % 2).toBe(0);
      expect(controlLaunches(launches)).toBeLessThanOrEqual(launches);
    }
  });
});
