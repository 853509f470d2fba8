import type { Deprecation, ServerType } from './api-types';

export interface DeprecationMessage {
  readonly text: string;
  /** It cannot be ordered any more. */
  readonly unavailable: boolean;
}

/** What the provider says of a type that is, or will be, sold no more: in this location, or with '' in all of them. */
export function serverTypeDeprecation(type: ServerType, location: string, now: Date): DeprecationMessage | null {
  const subject = `Server Type "${type.name}" is`;
  if (type.deprecation !== null) return overall(subject, 'in all locations', type.deprecation, now);
  const deprecated = type.locations.flatMap(({ name, deprecation }) => (deprecation === null ? [] : [{ name, deprecation }]));
  if (location !== '') {
    const there = deprecated.find(({ name }) => name === location);
    return there ? overall(subject, `in "${location}"`, there.deprecation, now) : null;
  }
  if (deprecated.length === 0 || deprecated.length < type.locations.length) return null;
  const ended = deprecated.filter(({ deprecation }) => hasEnded(deprecation, now));
  const names = (list: typeof deprecated): string => list.map(({ name }) => name).join(',');
  const everywhere = `in all locations (${names(deprecated)})`;
  if (ended.length === deprecated.length)
    return { text: `${subject} unavailable ${everywhere} and can no longer be ordered`, unavailable: true };
  if (ended.length > 0)
    return {
      text: `${subject} deprecated ${everywhere} and can no longer be ordered some locations (${names(ended)})`,
      unavailable: false,
    };
  return { text: `${subject} deprecated ${everywhere} and will no longer be available for order`, unavailable: false };
}

function overall(subject: string, where: string, deprecation: Deprecation, now: Date): DeprecationMessage {
  if (hasEnded(deprecation, now)) return { text: `${subject} unavailable ${where} and can no longer be ordered`, unavailable: true };
  const until = new Date(deprecation.unavailable_after).toISOString().slice(0, 10);
  return { text: `${subject} deprecated ${where} and will no longer be available for order as of ${until}`, unavailable: false };
}

const hasEnded = ({ unavailable_after }: Deprecation, now: Date): boolean => now > new Date(unavailable_after);

/** Detail of the provider's diagnostics about such a type, when it makes a server of it. */
export const EXISTING_SERVERS_GO_ON =
  'Existing servers of that plan will continue to work as before and no action is required on your part. ' +
  'It is possible to migrate this Server to another Server Type by using the "hcloud server change-type" command.';
