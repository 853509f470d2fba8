import type { Asked } from '../facts';

/** What a question answers, or why it does not. */
export async function asked<T>(question: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await question() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
