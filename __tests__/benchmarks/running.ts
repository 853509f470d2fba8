interface Running {
  stop(): Promise<void>;
}

/** Gives a function that waits for what starts, and in the end stops all that has started, also after a failure. */
export async function whileRunning<T>(
  use: (started: <Started extends Running>(starting: Promise<Started>) => Promise<Started>) => Promise<T>,
): Promise<T> {
  const all: Running[] = [];
  try {
    return await use(async (starting) => {
      const one = await starting;
      all.push(one);
      return one;
    });
  } finally {
    await Promise.all(all.map((one) => one.stop()));
  }
}
