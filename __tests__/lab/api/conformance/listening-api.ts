import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createApi } from '../../../../lab/api';
import type { Api } from '../../../../lab/api';
import { FakeHardware } from '../fake-hardware';
import { TOKEN } from '../test-client';

export interface ListeningApi extends Api {
  readonly hardware: FakeHardware;
  /** Such as http://127.0.0.1:34567/v1 */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** The emulated API on a port of loopback, with real time and actions that end soon. */
export async function listen(): Promise<ListeningApi> {
  const hardware = new FakeHardware();
  const api = createApi({
    hardware,
    tokens: { terraform: { value: TOKEN, access: 'read-write' } },
    timings: {
      default: 50,
      assign_floating_ip: 100,
      change_alias_ips: 50,
      attach_to_network: 50,
      unassign_floating_ip: 50,
      change_server_type: 50,
    },
  });
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>((resolve) => {
    const started = serve({ fetch: api.app.fetch, hostname: '127.0.0.1', port: 0 }, (info: AddressInfo) =>
      resolve({ server: started, port: info.port }),
    );
  });
  // A client that pauses between two plans must not meet a connection that is just being closed
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 120_000;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  return { ...api, hardware, endpoint: `http://127.0.0.1:${port}/v1`, stop };
}
