import { describe, expect, it } from 'vitest';
import { renderDoctor } from '../../../../bench/doctor/render.js';
import { fakeDoctorReport } from './fake-report.js';

const BUSY = [150, 0, 0, 50, 0, 0, 0, 0] as const;

describe('what the doctor concludes', () => {
  it('of a machine without fault', async () => {
    expect(await fakeDoctorReport()).toMatchObject({
      passed: true,
      verdict: 'good',
      conclusion: 'good for consort bench; good for consort check',
    });
  });

  it('is the worst of what counts for a use, and says what that is', async () => {
    const report = await fakeDoctorReport({ ticks: BUSY, multicast: false, callgrind: false });
    expect(report).toMatchObject({
      passed: false,
      verdict: 'poor',
      conclusion: 'poor for consort bench (load, multicast); fair for consort check (valgrind)',
    });
    expect(report.uses).toEqual([
      { use: 'bench', verdict: 'poor', because: ['load', 'multicast'] },
      { use: 'check', verdict: 'fair', because: ['instructions'] },
    ]);
  });

  it('does not count what is unknown', async () => {
    const files = { '/proc/cpuinfo': 'flags\t: hypervisor\n' };
    expect(await fakeDoctorReport({ files })).toMatchObject({ passed: true, verdict: 'good' });
  });
});

describe('what the doctor shows', () => {
  it('has a verdict, what was seen and what it means for each check, and ends with the conclusion', async () => {
    const report = await fakeDoctorReport({ ticks: BUSY });
    const lines = renderDoctor(report, { colors: false, columns: 100 }).split('\n');
    const at = lines.findIndex((line) => line.startsWith('poor     load '));
    expect(lines[at]).toMatch(/^poor {5}load {14}others use 75\.0 % of the CPUs, load average 0\.10$/);
    expect(lines[at + 1]).toMatch(/^ {27}Rates and round trips tell/);
    expect(lines.slice(-2)).toEqual([report.conclusion, '']);
  });

  it('fits the terminal, but for the machine and the conclusion', async () => {
    const lines = renderDoctor(await fakeDoctorReport(), { colors: false, columns: 80 })
      .split('\n')
      .slice(1, -3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('has colors where they are wanted', async () => {
    const text = renderDoctor(await fakeDoctorReport({ multicast: false }), { colors: true, columns: 100 });
    expect(text).toContain('\u001b[31mpoor\u001b[39m     multicast');
  });
});
