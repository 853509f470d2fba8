import { execFile } from 'node:child_process';

/** A quarter of the unit's WatchdogSec: three may come late. */
const FEED_EVERY_MS = 1000;

/**
 * Tells systemd that the agent is ready, and then every second that it still runs. One that hangs is killed and started
 * again by its unit: otherwise nobody could tell the routers where the PRIMARY is. Does nothing outside of systemd.
 */
export function feedWatchdog(environment: NodeJS.ProcessEnv, log: (line: string) => void): void {
  if (environment['NOTIFY_SOCKET'] === undefined) return;
  const notify = (message: string) =>
    execFile('systemd-notify', [message], (error) => error && log(`systemd-notify ${message}: ${error.message}`));
  notify('READY=1');
  setInterval(() => notify('WATCHDOG=1'), FEED_EVERY_MS);
}
