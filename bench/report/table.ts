/** Tables of text: for a terminal, and for Markdown. */
export interface Column<Row> {
  readonly title: string;
  cell(row: Row): string;
}

export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A column with nothing in it is left out. */
export function makeTable<Row>(title: string, columns: readonly Column<Row>[], rows: readonly Row[]): Table {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const used = columns.map((_, at) => cells.some((line) => line[at] !== ''));
  const keep = (line: readonly string[]) => line.filter((_, at) => used[at]);
  return { title, header: keep(columns.map((column) => column.title)), rows: cells.map(keep) };
}

/** The first column to the left, the others to the right. */
export function textTable({ title, header, rows }: Table): string {
  const lines = [header, ...rows];
  const widths = header.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  const pad = (line: readonly string[]) =>
    line
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [title, ...lines.map((line) => `  ${pad(line)}`)].join('\n');
}

export function markdownTable({ title, header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = header.map((_, at) => (at === 0 ? '---' : '---:'));
  return [`### ${title}`, '', line(header), line(rule), ...rows.map(line)].join('\n');
}
