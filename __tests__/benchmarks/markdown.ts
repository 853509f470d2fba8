type Cells = readonly (string | number)[];

/** A table in Markdown. Columns that nothing is in are left out. */
export function table(header: Cells, rows: readonly Cells[]): string {
  const used = header.map((_, column) => rows.some((cells) => cells[column] !== ''));
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.filter((_, column) => used[column]).join(' | ')} |\n`)
    .join('');
}

/** The document with other text between `<!-- name -->` and the next `<!-- end -->`. */
export const fill = (document: string, name: string, text: string): string =>
  document.replace(new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- end -->)`), (_, begin: string, end: string) => begin + text + end);
