import {
  Server,
  ServerCredentials,
  status,
  type handleUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';
import type { Provider } from './provider';
import { Service, type Request } from './service';

const definition = loadSync(fileURLToPath(new URL('tfplugin6.proto', import.meta.url)), {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});
const serviceDefinition = definition['tfplugin6.Provider'] as ServiceDefinition;
// A state or a schema may be larger than grpc's 4 MB.
const MESSAGE_BYTES = 256 * 1024 * 1024;

export interface ServedProvider {
  readonly address: string;
  readonly socket: string;
  stop(): void;
}

/** Serves a provider on a unix socket until it is stopped. */
export async function serve<Client>(provider: Provider<Client>, socket: string): Promise<ServedProvider> {
  const { handlers } = new Service(provider);
  const implementation: UntypedServiceImplementation = {};
  for (const [name, handler] of Object.entries(handlers)) {
    const unary: handleUnaryCall<Request, object> = (call, callback) => {
      handler(call.request).then(
        (response) => callback(null, response),
        (error: unknown) =>
          callback({ code: status.INTERNAL, details: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
    };
    implementation[name] = unary;
  }
  const server = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES, 'grpc.max_send_message_length': MESSAGE_BYTES });
  server.addService(serviceDefinition, implementation);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error)));
  });
  return { address: provider.address, socket, stop: () => server.forceShutdown() };
}
