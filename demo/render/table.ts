export interface Column {
  readonly title: string;
  /** Characters; longer cells are wrapped between words. */
  readonly width: number;
}

/** Breaks `text` into lines of at most `width` characters, between words where it can. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((long) => chunks(long, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function chunks(word: string, width: number): string[] {
  return word.length <= width ? [word] : [word.slice(0, width), ...chunks(word.slice(width), width)];
}

/** A plain text table: a title row, a rule, and a row for each record; cells are wrapped, never cut. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    columns
      .map(({ width }, column) => (cells[column] ?? '').padEnd(width))
      .join('  ')
      .trimEnd();
  const record = (cells: readonly string[]): string[] => {
    const wrapped = columns.map(({ width }, column) => wrap(cells[column] ?? '', width));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, index) => line(wrapped.map((lines) => lines[index] ?? '')));
  };
  const rule = line(columns.map(({ width }) => '─'.repeat(width)));
  return [line(columns.map(({ title }) => title)), rule, ...rows.flatMap(record)].join('\n');
}
