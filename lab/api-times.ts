import type { ApiTimes } from './lab';

const LONGEST_SECONDS = 120;

/** @throws if one is not a number of seconds, or a range of them */
export function parseApiTimes(action?: string, answer?: string): Partial<ApiTimes> {
  const milliseconds = (text: string, what: string) => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || value > LONGEST_SECONDS)
      throw new RangeError(
        `${what} is ${JSON.stringify(text)}, want seconds from 0 to ${LONGEST_SECONDS}${what === 'answer' ? ', or two as 1.5-2' : ''}`,
      );
    return value * 1000;
  };
  const range = (text: string) => {
    const [from = '', to = from] = text.split('-');
    const [shortest, longest] = [milliseconds(from, 'answer'), milliseconds(to, 'answer')];
    if (shortest > longest) throw new RangeError(`answer is ${JSON.stringify(text)}, want the shorter time first, as 1.5-2`);
    return { from: shortest, to: longest };
  };
  return {
    ...(action !== undefined && { action: milliseconds(action, 'action') }),
    ...(answer !== undefined && { answer: range(answer) }),
  };
}
