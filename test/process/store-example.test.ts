// examples/replicated-store.mjs as its first line says, in processes of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Example } from '../helpers/example.js';

describe('the example', () => {
  it('replicated-store.mjs: what was counted outlives its processes, all at once too', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'consort-example-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const example = Example.start(context, 'replicated-store.mjs', folder);
    await example.ends();
    expect(example.lines.filter((line) => /^(counted|kill|after)/.test(line))).toEqual([
      'counted to 100',
      expect.stringMatching(/^kill -9 [abc]$/),
      'counted to 200',
      'counted to 300',
      'kill -9 a b c',
      'after all of that it is 300',
    ]);
  });
});
