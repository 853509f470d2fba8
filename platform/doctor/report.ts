import type { Examination } from './examine';
import type { Finding } from './finding';
import type { Price } from './price';

const MARKS: Readonly<Record<Finding['level'], string>> = { fine: 'ok', note: 'note', warning: 'WARNING', wrong: 'WRONG' };
const CHECK_COLUMNS = 13;
const MARK_COLUMNS = 8;
const ARROW = '-> ';

/** Lines for people. @param columns of the terminal. @default lines are as long as they are */
export function renderExamination({ environment, findings, price, verdict }: Examination, columns = Infinity): string[] {
  return [
    ...findings.flatMap((finding) => renderFinding(finding, columns)),
    '',
    ...(price ? renderPrice(price) : ['What it costs is not known: Hetzner names no price for a part of it, or could not be asked.']),
    '',
    conclusion(environment, verdict, findings),
  ];
}

/** Servers and APIs say some of it: text reaches the terminal, and nothing that tells the terminal to do something. */
const printable = (text: string) => text.replace(/[^\P{C}\n]/gu, '');

/** The check's name, its mark, what was found; below that what to do. */
function renderFinding({ check, level, says, remedy }: Finding, columns: number): string[] {
  const indent = CHECK_COLUMNS + MARK_COLUMNS;
  const [first = '', ...rest] = printable(says)
    .split('\n')
    .flatMap((line) => wrapped(line, columns - indent));
  const advice =
    remedy === undefined
      ? []
      : wrapped(remedy, columns - indent - ARROW.length).map((line, index) => `${index === 0 ? ARROW : ' '.repeat(ARROW.length)}${line}`);
  return [
    `${check.padEnd(CHECK_COLUMNS)}${MARKS[level].padEnd(MARK_COLUMNS)}${first}`,
    ...[...rest, ...advice].map((line) => ' '.repeat(indent) + line),
  ];
}

/** Words in lines of at most so many columns. */
function wrapped(text: string, columns: number): string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    return last === undefined || last.length + 1 + word.length > columns ? [...lines, word] : [...lines.slice(0, -1), `${last} ${word}`];
  }, []);
}

function renderPrice({ currency, vatRate, tiers, net }: Price): string[] {
  const line = (tier: string, what: string, amount: number) =>
    `${tier.padEnd(CHECK_COLUMNS)}${what.padEnd(40)}${amount.toFixed(2).padStart(9)}`;
  return [
    `Price a month in ${currency}, net (VAT would be ${vatRate} %), without traffic beyond what is included:`,
    ...tiers.flatMap(({ tier, lines, net: sum }) => [
      ...lines.map(({ count, what, net: amount }, index) => line(index === 0 ? tier : '', `${count} x ${what}`, amount)),
      ...(lines.length > 1 ? [line('', `all of ${tier}`, sum)] : []),
    ]),
    line('together', '', net),
  ];
}

function conclusion(environment: string, verdict: Examination['verdict'], findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const warnings =
    count('warning') === 0 ? '' : count('warning') === 1 ? ' One warning is above.' : ` ${count('warning')} warnings are above.`;
  switch (verdict) {
    case 'fine':
      return `Nothing stands in the way of a deploy of ${environment}.${warnings}`;
    case 'wrong':
      return `A deploy of ${environment} would fail or go wrong: put right what is marked WRONG.${warnings}`;
    case 'unasked':
      return "Hetzner's API could not be asked: put right what is marked WRONG, and run this again.";
  }
}
