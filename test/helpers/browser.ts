// A real Chromium for tests of pages: Debian's, or whichever is installed. None is downloaded.
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';
import type { TestContext } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function find(): string | undefined {
  const candidates = process.env.CONSORT_BROWSER_PATH === undefined ? NAMES : [process.env.CONSORT_BROWSER_PATH];
  return candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

function pathOf(name: string): string {
  return name.includes('/') ? name : spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim();
}

/**
 * Starts one, which whoever asks has to close. Without any the test is skipped; where CONSORT_BROWSER is `required`, as in .ci/run, that is a failure.
 */
export async function startBrowser(context: TestContext): Promise<Browser> {
  const name = find();
  if (name === undefined && process.env.CONSORT_BROWSER === 'required') {
    throw new Error(`there is no browser, want one of ${NAMES.join(', ')} on the PATH, or CONSORT_BROWSER_PATH`);
  }
  context.skip(name === undefined, 'no Chromium on this machine (apt install chromium)');
  // Its sandbox does not start for root, nor in most containers.
  return chromium.launch({ executablePath: pathOf(name ?? ''), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
