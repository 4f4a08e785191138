// A package without its addon, and one that is told not to load it: everything works in 'ts' mode, and says so once.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { Child, root } from '../helpers/child.js';
import { skipWithoutAddon } from '../helpers/crew.js';

interface Exchanged {
  readonly text: string;
  readonly modes: readonly string[];
  readonly warnings: readonly { readonly code?: string; readonly message: string }[];
  readonly loaded: boolean;
  readonly reason?: string;
}

/** A copy of the package as a machine has it where the addon could not be built. */
function copyWithoutAddon(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'consort-no-addon-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of ['dist/ts', 'package.json', 'test/helpers']) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  return join(folder, 'test/helpers/addon-program.mjs');
}

describe('without the addon', () => {
  it("members in mode 'auto' work in mode 'ts', and the process is warned once", async (context) => {
    const child = await Child.start(context, copyWithoutAddon(context), { env: { CONSORT_MODE: undefined } });
    await child.call('exchange', 'auto');
    const { text, modes, warnings, loaded, reason } = await child.call<Exchanged>('exchange', 'auto');
    expect({ text, modes, loaded }).toEqual({ text: 'hello', modes: ['ts', 'ts'], loaded: false });
    expect(warnings.map(({ code }) => code)).toEqual(['CONSORT_NO_NATIVE']);
    expect(warnings[0]?.message).toContain('not there');
    expect(reason).toContain('not there');
  });

  it("members in mode 'ts' work, and nobody is warned", async (context) => {
    const child = await Child.start(context, copyWithoutAddon(context), { env: { CONSORT_MODE: undefined } });
    const { text, modes, warnings } = await child.call<Exchanged>('exchange', 'ts');
    expect({ text, modes, warnings }).toEqual({ text: 'hello', modes: ['ts', 'ts'], warnings: [] });
  });

  it("members in mode 'native' reject with ERR_NATIVE_UNAVAILABLE, and the process goes on", async (context) => {
    const child = await Child.start(context, copyWithoutAddon(context), { env: { CONSORT_MODE: undefined } });
    await expect(child.call('exchange', 'native')).rejects.toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' });
    expect(await child.call<Exchanged>('exchange', 'ts')).toMatchObject({ text: 'hello', warnings: [] });
  });
});

describe('with CONSORT_MODE=ts in the environment', () => {
  it.for(['auto', 'ts'])("members in mode '%s' work in mode 'ts' without a warning", async (mode, context) => {
    const child = await Child.start(context, 'addon-program.mjs', { env: { CONSORT_MODE: 'ts' } });
    const { text, modes, warnings } = await child.call<Exchanged>('exchange', mode);
    expect({ text, modes, warnings }).toEqual({ text: 'hello', modes: ['ts', 'ts'], warnings: [] });
  });

  it("members in mode 'native' reject with ERR_NATIVE_UNAVAILABLE", async (context) => {
    const child = await Child.start(context, 'addon-program.mjs', { env: { CONSORT_MODE: 'ts' } });
    await expect(child.call('exchange', 'native')).rejects.toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' });
  });
});

describe('with the addon', () => {
  it.for(['auto', 'native'])("members in mode '%s' work in mode 'native' without a warning", async (mode, context) => {
    skipWithoutAddon(context, 'native');
    const child = await Child.start(context, 'addon-program.mjs', { env: { CONSORT_MODE: undefined } });
    const { text, modes, warnings } = await child.call<Exchanged>('exchange', mode);
    expect({ text, modes, warnings }).toEqual({ text: 'hello', modes: ['native', 'native'], warnings: [] });
  });
});
