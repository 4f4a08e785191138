// The page of consort report, made by the command from invented results, in a real browser.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, type TestContext } from 'vitest';
import type { BenchReport } from '../../bench/results.js';
import { fakePageReport } from '../unit/bench/fake-page.js';
import { startBrowser } from './browser.js';
import { consort } from './consort.js';

export const report = fakePageReport(1, { startedAt: '2026-02-01T00:00:00.000Z' });
/** The history of the page. */
export const earlier = [1, 2, 3].map((day) =>
  fakePageReport(1 + day / 10, { startedAt: `2026-01-0${day}T00:00:00.000Z` }),
);

/** What a mark of a chart stands for. */
export interface Shown {
  readonly label: string;
  readonly where: string;
  readonly value: number;
}

/** One browser and one page for all tests of a file. */
export class PageReader {
  private readonly folder = mkdtempSync(join(tmpdir(), 'consort-page-'));
  private browser: Browser | undefined;
  private file: Promise<string> | undefined;

  /** Opens the page, of `report` unless said otherwise; what goes wrong in it, and what it asks for, is remembered. */
  async open(context: TestContext, options: BrowserContextOptions = {}, file?: string) {
    this.browser ??= await startBrowser(context);
    const surroundings = await this.browser.newContext(options);
    context.onTestFinished(() => surroundings.close());
    const shown = await surroundings.newPage();
    const problems: string[] = [];
    const requests: string[] = [];
    shown.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
    shown.on('pageerror', (error) => problems.push(error.message));
    shown.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(file ?? (await this.page())).href;
    await shown.goto(url);
    return { shown, problems, requests: () => requests.filter((each) => each !== url && !each.startsWith('data:')) };
  }

  /** Where the page of `report` is. */
  page(): Promise<string> {
    this.file ??= this.write('page', report, earlier);
    return this.file;
  }

  /** Makes a page; returns its path. */
  async write(name: string, shown: BenchReport, history: readonly BenchReport[]): Promise<string> {
    const results = join(this.folder, `${name}-results`);
    mkdirSync(results);
    for (const [at, each] of history.entries()) writeFileSync(join(results, `${at}.json`), JSON.stringify(each));
    writeFileSync(join(this.folder, `${name}.json`), JSON.stringify(shown));
    const file = join(this.folder, `${name}.html`);
    const { code, stderr } = await consort(['report', `${name}.json`, '--history', results, '-o', file], this.folder);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return file;
  }

  async close(): Promise<void> {
    await this.browser?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the marks of some charts stand for. */
export function marksOf(shown: Page, selector: string): Promise<readonly Shown[]> {
  return shown.evaluate<readonly Shown[]>(
    `[...document.querySelectorAll(${JSON.stringify(`${selector} [data-value]`)})]
       .map(({ dataset }) => ({ label: dataset.label, where: dataset.where, value: Number(dataset.value) }))`,
  );
}

/** In an order that does not matter. */
export function sorted(marks: readonly Shown[]): readonly string[] {
  return marks.map(({ label, where, value }) => `${label} | ${where} | ${value}`).sort();
}
