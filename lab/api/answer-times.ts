import { z } from 'zod';

/** Shortest and longest time until an answer comes, in milliseconds. */
export const answerRangeSchema = z
  .strictObject({ from: z.number().min(0), to: z.number().min(0) })
  .refine(({ from, to }) => from <= to, 'from must not be more than to');
export type AnswerRange = z.output<typeof answerRangeSchema>;

/** How long the API takes to answer. Times are drawn from the range, in the same order in each lab, so that a run can be repeated. */
export class AnswerTimes {
  /** @default at once */
  range: AnswerRange = { from: 0, to: 0 };

  constructor(private state = 1) {}

  /** For the next request, in milliseconds. */
  next(): number {
    // Knuth's multiplier and increment; the upper bits are the random ones
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.range.from + (this.state / 2 ** 32) * (this.range.to - this.range.from);
  }
}
