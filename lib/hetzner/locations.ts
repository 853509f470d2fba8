/** Hetzner's locations and the network zone of each: a private network cannot span two zones. */
export const NETWORK_ZONES = {
  fsn1: 'eu-central',
  nbg1: 'eu-central',
  hel1: 'eu-central',
  ash: 'us-east',
  hil: 'us-west',
  sin: 'ap-southeast',
} as const;

/** One of {@link NETWORK_ZONES}. */
export type LocationName = keyof typeof NETWORK_ZONES;
