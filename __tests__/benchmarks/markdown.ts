/** A table in Markdown. */
export const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');

/** The document with other text between `<!-- name -->` and the next `<!-- end -->`. */
export const fill = (document: string, name: string, text: string): string =>
  document.replace(new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- end -->)`), (_, begin: string, end: string) => begin + text + end);
