import { describe, expect, it } from 'vitest';
import { allowedCpus, parseCpuList } from '../../../bench/allowed-cpus.js';

describe('CPUs as Linux lists them', () => {
  it.each([
    ['0', [0]],
    ['0-3,8\n', [0, 1, 2, 3, 8]],
    ['2,4-5', [2, 4, 5]],
    ['', []],
    ['none', []],
  ])('%j', (list, cpus) => {
    expect(parseCpuList(list)).toEqual(cpus);
  });

  it('of a process are in its status', () => {
    const status = 'Name:\tnode\nCpus_allowed:\t6\nCpus_allowed_list:\t1-2\nMems_allowed_list:\t0\n';
    expect(allowedCpus(status)).toEqual([1, 2]);
    expect(allowedCpus('Name:\tnode\n')).toEqual([]);
  });
});
