/** A check as GitHub's workflow commands, which show up beside the pull request. */
import type { CheckReport } from '../check-report.js';
import { counterText, headline, interval, rises, signed, verdictText } from './wording.js';

type Level = 'error' | 'warning' | 'notice';

export function renderCheckAnnotations(report: CheckReport, countersFail: boolean): string {
  const { outcome, options, benchmarks } = report;
  const bad = outcome === 'regression' || outcome === 'selfTestFailed';
  const lines = [
    annotation(bad ? 'error' : outcome === 'passed' ? 'notice' : 'warning', headline(report), options.file),
  ];
  if (outcome === 'invalid') return `${lines.join('\n')}\n`;
  for (const result of benchmarks) {
    const { name, verdict, change } = result;
    if (verdict === 'regression')
      lines.push(annotation('error', `${name} is slower by ${signed(change)} (${interval(result)})`, options.file));
    if (verdict === 'inconclusive') lines.push(annotation('warning', `${name}: ${verdictText(result)}`, options.file));
    for (const risen of rises(result))
      lines.push(annotation(countersFail ? 'error' : 'warning', `${name}: ${counterText(risen)}`, options.file));
  }
  return `${lines.join('\n')}\n`;
}

function annotation(level: Level, message: string, file: string): string {
  return `::${level} file=${property(file)},title=consort check::${data(message)}`;
}

function data(text: string): string {
  return text.replace(/[%\r\n]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function property(text: string): string {
  return data(text).replace(/[:,]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
