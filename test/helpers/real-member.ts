// Members in the test's own process that run in any mode: a worker thread runs compiled files only, so the `ts` plane comes from dist/.
import { existsSync } from 'node:fs';
import type { DriverFactory } from '../../ts/data-plane/plane.js';
import { GroupMember } from '../../ts/index.js';

export async function compiledDriver(): Promise<DriverFactory> {
  const file = new URL('../../dist/ts/data-plane/typescript/io-driver.js', import.meta.url);
  if (!existsSync(file)) throw new Error('dist/ is not built: npm run build:ts');
  return ((await import(file.href)) as { createTypeScriptDriver: DriverFactory }).createTypeScriptDriver;
}

export class RealMember extends GroupMember {
  protected override async chooseDriver(mode: 'auto' | 'native' | 'ts') {
    if (mode !== 'ts' || this.threadMode === 'single') return super.chooseDriver(mode);
    return { mode, create: await compiledDriver() };
  }
}
