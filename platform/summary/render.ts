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

/** Names come from the author of the change: no character of them may control a terminal. */
const printable = (text: string) => text.replace(/\p{C}/gu, '');

/** Nor may one be markup of a web page. */
const quoted = (text: string) => printable(text).replace(/[\\`*_{}[\]<>#|@]/g, '\\$&');
