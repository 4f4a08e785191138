/** `consort compare`, apart from the reading of its command line. */
import { renderComparison, renderComparisonMarkdown } from './compare/render.js';
import { type CompareReport, compareReport, graveDifferences } from './compare/report.js';
import { findSides, type SideOptions, type Sides } from './compare/sides.js';
import { ResultsError } from './read-results.js';
import { browserScripts } from './report/page/browser-scripts.js';
import { comparePage } from './report/page/compare-page.js';
import { hasColors } from './report/terminal.js';
import { exitOf, ResultsExit } from './results-exit.js';
import { UsageError } from './usage-error.js';
import { STANDARD_OUTPUT, writeOutput } from './write-output.js';

export interface CompareOptions extends SideOptions {
  readonly a: string;
  readonly b: string;
  readonly minEffect: number;
  /** Whatever the machines were. */
  readonly force: boolean;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly html: string | undefined;
  readonly quiet: boolean;
}

/** Resolves to the exit code. @throws UsageError */
export async function compareCommand(options: CompareOptions): Promise<number> {
  try {
    const sides = findSides(options.a, options.b, options);
    checkDifferent(sides);
    const grave = sides.inTurns ? [] : graveDifferences(sides);
    if (grave.length > 0 && !options.force) {
      console.error(
        `consort: these can't be compared, they differ in ${grave.join('; ')}. With --force they are compared all the same.`,
      );
      return ResultsExit.incomparable;
    }
    const report = compareReport(sides, options.minEffect);
    if (report.rows.length === 0) {
      console.error(`consort: ${sides.base.name} and ${sides.head.name} have no row in common${examples(report)}`);
      return ResultsExit.nothingInCommon;
    }
    await writeAll(report, options);
    return ResultsExit.done;
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    console.error(`consort: ${error.message}`);
    return exitOf(error);
  }
}

async function writeAll(report: CompareReport, options: CompareOptions): Promise<void> {
  const { json, markdown, html, quiet } = options;
  if (markdown !== undefined) await writeOutput(markdown, renderComparisonMarkdown(report));
  if (html !== undefined) await writeOutput(html, comparePage(report, browserScripts()));
  if (json !== undefined) await writeOutput(json, `${JSON.stringify(report, undefined, 2)}\n`);
  const taken = [json, markdown, html].includes(STANDARD_OUTPUT);
  if (quiet || taken) return;
  await writeOutput(STANDARD_OUTPUT, renderComparison(report, { colors: hasColors(process.stdout, process.env) }));
}

/** Of one commit by two names there is nothing to compare. */
function checkDifferent({ base, head, inTurns }: Sides): void {
  const starts = ({ files }: Sides['base']) => files.map(({ report }) => report.startedAt).join();
  if (inTurns || starts(base) !== starts(head)) return;
  throw new UsageError(`'${base.name}' and '${head.name}' are the same results, want two different ones`);
}

function examples({ onlyBase, onlyHead }: CompareReport): string {
  const [one, other] = [onlyBase[0], onlyHead[0]];
  if (one === undefined || other === undefined) return ': one of them has no rows at all';
  return `: A has '${one}', B has '${other}'; measure both with the same options`;
}
