import { TIERS, type Host, type Tier } from '../net/address-plan';

/** A time of the day, UTC, that may go over midnight. */
export interface RebootWindow {
  /** Minutes since midnight. */
  readonly start: number;
  readonly minutes: number;
}

export const REBOOT_WINDOW = '01:00-05:00';
/** A host has its updates, has rebooted and is well again within this time, with room to spare. */
export const TURN_MINUTES = 10;
/** So that two tiers do not hand over at the same moment. */
const MINUTES_BETWEEN_TIERS = 2;
const MINUTES_A_DAY = 24 * 60;

/** Undefined unless the text is like `23:00-03:00`. */
export function parseRebootWindow(text: string): RebootWindow | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (!match) return undefined;
  const [startHour = 0, startMinute = 0, endHour = 0, endMinute = 0] = match.slice(1).map(Number);
  const start = startHour * 60 + startMinute;
  const minutes = (endHour * 60 + endMinute - start + MINUTES_A_DAY) % MINUTES_A_DAY;
  return minutes === 0 ? undefined : { start, minutes };
}

/** How many hosts of a tier have their turn in it, whichever tier that is. */
export function turnsIn({ minutes }: RebootWindow): number {
  return Math.floor((minutes - MINUTES_BETWEEN_TIERS * (TIERS.length - 1)) / TURN_MINUTES);
}

/** When the turn of a host begins, UTC, `HH:MM`. It does not depend on how many hosts there are: one more moves nobody. */
export function turnOf({ tier, ordinal }: Pick<Host, 'tier' | 'ordinal'>, { start }: RebootWindow): string {
  const minute = (start + offset(tier) + (ordinal - 1) * TURN_MINUTES) % MINUTES_A_DAY;
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function offset(tier: Tier): number {
  return TIERS.indexOf(tier) * MINUTES_BETWEEN_TIERS;
}
