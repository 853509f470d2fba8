/** Time as the emulator sees it, so that tests can turn the hands. */
export interface Clock {
  /** Milliseconds since the UNIX epoch. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
