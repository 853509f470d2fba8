import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudflareProvider, type CloudflareOptions } from './cloudflare/provider';
import { hcloudProvider, type HcloudOptions } from './hcloud/provider';
import { serve, type ServedProvider } from './protocol/serve';
import { tlsProvider } from './tls/provider';

export interface StartProvidersOptions extends HcloudOptions {
  readonly cloudflare?: CloudflareOptions;
  /**
   * Where the sockets are made; short, as a socket's path has at most 107 bytes. @default a new folder in the system's temporary
   * one, removed by stop()
   */
  readonly socketDirectory?: string;
}

export interface StartedProviders {
  /** Value of TF_REATTACH_PROVIDERS: Terraform then installs and starts none of these providers itself. */
  readonly reattach: string;
  stop(): Promise<void>;
}

/** Starts the stand-ins for hetznercloud/hcloud, hashicorp/tls and cloudflare/cloudflare in this process. */
export async function startProviders(options: StartProvidersOptions = {}): Promise<StartedProviders> {
  const directory = options.socketDirectory ?? (await mkdtemp(join(tmpdir(), 'tf-providers-')));
  const served = await Promise.all([
    serve(hcloudProvider(options), join(directory, 'hcloud.sock')),
    serve(tlsProvider(), join(directory, 'tls.sock')),
    serve(cloudflareProvider(options.cloudflare), join(directory, 'cloudflare.sock')),
  ]);
  return {
    reattach: JSON.stringify(Object.fromEntries(served.map(reattachEntry))),
    async stop() {
      for (const provider of served) provider.stop();
      await Promise.all(served.map(({ socket }) => rm(socket, { force: true })));
      if (options.socketDirectory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

function reattachEntry({ address, socket }: ServedProvider): readonly [string, object] {
  return [address, { Protocol: 'grpc', ProtocolVersion: 6, Pid: process.pid, Test: true, Addr: { Network: 'unix', String: socket } }];
}
