import type { Section, Summary } from './summarize';

const NOTHING = 'A deploy changes nothing.';

/** Lines for a terminal. */
export function renderText({ environment, compared, sections }: Summary): string[] {
  return [
    `${environment}, ${compared}`,
    ...(sections.length === 0
      ? [NOTHING]
      : sections.flatMap((section) => ['', titleOf(section), ...section.lines.map((line) => `  ${printable(line)}`)])),
  ];
}

/** For a comment of a pull request. */
export function renderMarkdown({ environment, compared, sections }: Summary): string[] {
  return [
    `### ${environment}`,
    '',
    ...(sections.length === 0
      ? [NOTHING, '']
      : sections.flatMap((section) => [`**${titleOf(section)}**`, '', ...section.lines.map((line) => `- ${quoted(line)}`), ''])),
    `<sub>${quoted(compared)}</sub>`,
    '',
  ];
}

const titleOf = ({ title, isWarning }: Section) => (isWarning ? `WARNING: ${title}` : title);

/** Names come from whoever wrote the change: text, and nothing that tells a terminal to do something. */
const printable = (text: string) => text.replace(/\p{C}/gu, '');

/** Nor anything that tells a web page to. */
const quoted = (text: string) => printable(text).replace(/[\\`*_{}[\]<>#|@]/g, '\\$&');
