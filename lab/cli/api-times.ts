import { Command } from 'commander';
import { openLab, type ApiTimes } from '../lab';

/** `lab api-times --action 10 --answer 1.5-2`; without options it prints the present times. */
export function apiTimesCommand(): Command {
  return new Command('api-times')
    .description('how long the emulated Hetzner takes, from now on; its real times are not published')
    .option('--action <seconds>', 'to move an address: an action of the floating IP or of aliases')
    .option('--answer <seconds>', 'to answer any request: a number, or a range as 1.5-2')
    .action(async ({ action, answer }: { action?: string; answer?: string }) => {
      const lab = await openLab();
      await lab.setApiTimes(parseApiTimes(action, answer));
      const { apiTimes } = await openLab();
      const seconds = (milliseconds: number) => `${milliseconds / 1000} s`;
      console.log(
        `an action of an address takes ${seconds(apiTimes.action)}, an answer ${seconds(apiTimes.answer.from)} to ${seconds(apiTimes.answer.to)}`,
      );
    });
}

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
