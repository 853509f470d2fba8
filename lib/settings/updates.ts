import type { Problem } from '../errors';
import { parseRebootWindow, REBOOT_WINDOW, TURN_MINUTES, turnsIn, type RebootWindow } from '../updates/reboot-window';
import { flag, group, textWith, withDefaults } from './rules';

/** How hosts keep themselves up to date. */
export interface UpdateSettings {
  /** Hosts install security updates by themselves, and reboot where one needs it, one host of a tier after another: docs/updates.md. @default false */
  readonly securityUpdates?: boolean;
  /** When, UTC, e.g. `23:00-03:00`; at least 10 minutes for each server of the largest tier, and 6 more. @default '01:00-05:00' */
  readonly rebootWindow?: string;
}

export const UPDATE_DEFAULTS = { securityUpdates: false, rebootWindow: REBOOT_WINDOW };

/** The settings, all of them. */
export interface Updates {
  readonly securityUpdates: boolean;
  readonly rebootWindow: RebootWindow;
}

/** Each value by itself. */
export const updatesRule = group<UpdateSettings>({
  securityUpdates: flag,
  rebootWindow: textWith((prop, got) => {
    if (parseRebootWindow(got)) return undefined;
    const want = 'two times of the day, UTC, such as 23:00-03:00';
    return { code: 'reboot-window', prop, got, want, fix: `leave it out for ${REBOOT_WINDOW}` };
  }),
});

export function resolveUpdates(settings: UpdateSettings = {}): Updates {
  const { securityUpdates, rebootWindow } = withDefaults(UPDATE_DEFAULTS, settings);
  const window = parseRebootWindow(rebootWindow);
  if (!window) throw new RangeError(`${rebootWindow} is not a time of the day such as ${REBOOT_WINDOW}`);
  return { securityUpdates, rebootWindow: window };
}

/** What is wrong with values that are fine by themselves. @param largestTier how many servers it has */
export function compareUpdates(settings: UpdateSettings, largestTier: number): Problem[] {
  const { rebootWindow: got } = withDefaults(UPDATE_DEFAULTS, settings);
  const window = parseRebootWindow(got);
  if (!window || turnsIn(window) >= largestTier) return [];
  const want = `time for ${largestTier} servers, ${TURN_MINUTES} minutes each and 6 more`;
  const fix = 'make it longer; servers of a tier reboot one after another';
  return [{ code: 'reboot-window', prop: 'updates.rebootWindow', got, want, fix }];
}
