/**
 * How long actions stay `running`, in milliseconds, by command (`assign_floating_ip`, `create_server`, ...).
 * These are minimums: an action that waits for hardware runs as long as the hardware takes. `default` covers the rest.
 */
export type ActionTimings = Readonly<Record<string, number>>;

export const DEFAULT_TIMINGS: ActionTimings = {
  default: 300,
  assign_floating_ip: 1000,
  unassign_floating_ip: 500,
  change_alias_ips: 500,
  attach_to_network: 500,
  // A guess: we know of no measurement
  change_server_type: 20_000,
};
