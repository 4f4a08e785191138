/** The page of one or several results: of each scenario the newest is shown, and all of them make the history. */
import { SCENARIOS } from '../../options.js';
import type { ResultsFile } from '../../read-results.js';
import type { BenchReport } from '../../results.js';
import { inOrder } from '../../results-folder.js';
import { duration } from '../format.js';
import { h, type Markup } from './html.js';
import { renderPage } from './page.js';
import type { Section } from './section.js';
import { historySection } from './sections/history.js';
import { latencySection } from './sections/latency.js';
import { machinesSection } from './sections/machines.js';
import { ratiosSection } from './sections/ratios.js';
import { storeSection } from './sections/store.js';
import { faults, tiles } from './sections/summary.js';
import { tablesSection } from './sections/tables.js';
import { throughputSection } from './sections/throughput.js';
import { transferSection } from './sections/transfer.js';
import { lossSection, variantsSection } from './sections/variants.js';
import { viewsSection } from './sections/views.js';

export interface ReportPage {
  /** What is shown; in any order. */
  readonly shown: readonly ResultsFile[];
  /** What the history is made of, beside what is shown. */
  readonly history: readonly ResultsFile[];
  /** What moves the page: see browser-scripts.ts. */
  readonly scripts: readonly string[];
}

/** A self-contained document: it asks nobody for anything. */
export function reportPage({ shown, history, scripts }: ReportPage): string {
  const newestFirst = inOrder(shown).toReversed();
  const report = newestOfEach(newestFirst);
  const used = newestFirst.filter((file) => SCENARIOS.some((scenario) => file.report[scenario] === report[scenario]));
  const sections: readonly (Section | undefined)[] = [
    throughputSection(report),
    ratiosSection(report),
    latencySection(report),
    variantsSection(report),
    lossSection(report),
    viewsSection(report),
    transferSection(report),
    storeSection(report),
    historySection(inOrder([...history, ...shown])),
    machinesSection(used),
    tablesSection(report),
  ];
  return renderPage({
    title: 'consort bench',
    intro: [verdictOf(used), faults(report), tiles(report)],
    sections: sections.filter((section) => section !== undefined),
    scripts,
  });
}

/** Results of different scenarios may have been measured apart. */
function newestOfEach(newestFirst: readonly ResultsFile[]): BenchReport {
  const [newest] = newestFirst;
  if (newest === undefined) throw new RangeError('there are no results to show');
  const parts = SCENARIOS.map((scenario) => {
    const file = newestFirst.find(({ report }) => report[scenario].length > 0) ?? newest;
    return [scenario, file.report[scenario]] as const;
  });
  return { ...newest.report, ...Object.fromEntries(parts) };
}

function verdictOf(used: readonly ResultsFile[]): Markup {
  const lines = used.map(({ report }) => {
    const { passed, interrupted, startedAt, durationSeconds, environment, options } = report;
    const [tone, word] = interrupted ? ['bad', 'interrupted'] : passed ? ['good', 'passed'] : ['bad', 'failed'];
    const commit = environment.commit === undefined ? '' : `, commit ${environment.commit.slice(0, 12)}`;
    const what = `${startedAt.slice(0, 10)}, consort ${environment.consortVersion}${commit}; ${environment.cpuModel}, ${environment.cpuCount} CPUs, Node ${environment.node}; ${options.scenarios.join(', ')} in ${duration(durationSeconds)}`;
    return h('li', {}, h('strong', { class: `badge ${tone}` }, word), ' ', what);
  });
  return h('ul', { class: 'verdicts' }, ...lines);
}
