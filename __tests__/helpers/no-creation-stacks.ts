import { createRequire } from 'node:module';

interface StackTraces {
  captureStackTrace: () => readonly string[];
}

/**
 * cdktf notes with each token the whole stack of where it was made. vitest looks every frame up in source maps, which was 43 % of a
 * synth in a test. Only cdktf's message about a token that it cannot resolve shows these stacks: take this line out to see them.
 */
const traces = createRequire(import.meta.url)('cdktf/lib/tokens/private/stack-trace') as StackTraces;
traces.captureStackTrace = () => [];
