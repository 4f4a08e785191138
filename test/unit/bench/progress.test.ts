import { describe, expect, it } from 'vitest';
import { Progress } from '../../../bench/report/progress.js';
import type { TerminalEnvironment } from '../../../bench/report/terminal.js';

const ESCAPE = '\u001b';

function run(isTTY: boolean, environment: TerminalEnvironment, quiet = false): string {
  let output = '';
  let clock = 0;
  const stream = {
    isTTY,
    columns: 100,
    write: (text: string) => {
      output += text;
    },
  };
  const progress = new Progress(stream, { quiet, totalTurns: 4, environment, now: () => clock });
  for (const row of ['native multi', 'ts multi', 'limit']) {
    progress.turn('throughput 64 B', row, 0);
    clock += 1000;
  }
  progress.note('bench: something went wrong');
  return output;
}

describe('progress', () => {
  it('is a line for each block where there is no terminal', () => {
    expect(run(false, {})).toBe('bench: throughput 64 B (0 of 4 measurements done)\nbench: something went wrong\n');
  });

  it('is a bar with an estimate on a terminal', () => {
    const output = run(true, {});
    expect(output).toContain('█');
    expect(output).toContain('2/4 throughput 64 B · limit · 1 · 2 s left');
    expect(output).toContain(`${ESCAPE}[36m`);
  });

  it('has no colors when NO_COLOR is set, and has them everywhere with FORCE_COLOR', () => {
    expect(run(true, { NO_COLOR: '1' })).not.toContain(`${ESCAPE}[36m`);
    expect(run(false, { FORCE_COLOR: '1' })).toContain(`${ESCAPE}[33m`);
  });

  it('is no bar on a dumb terminal', () => {
    expect(run(true, { TERM: 'dumb', NO_COLOR: '1' })).not.toContain(ESCAPE);
  });

  it('is only what went wrong when it shall be quiet', () => {
    expect(run(false, {}, true)).toBe('bench: something went wrong\n');
  });
});
