import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';

/** What @hono/node-server hands on. Without a socket, as in unit tests, all of it is absent. */
interface NodeBindings {
  readonly incoming?: {
    readonly socket: {
      readonly remoteAddress?: string;
      readonly destroyed?: boolean;
      destroy(): unknown;
      once(event: 'close', listener: () => void): unknown;
    };
  };
}

const socketOf = (context: Context) => (context.env as NodeBindings | undefined)?.incoming?.socket;

export const callerOf = (context: Context): string | null => socketOf(context)?.remoteAddress?.replace(/^::ffff:/, '') ?? null;

/** Ends the connection without an answer. */
export function closeConnection(context: Context): Response {
  const socket = socketOf(context);
  if (!socket) throw new Error('connection closed without an answer');
  socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Resolves when the client has gone, or the signal says that it need not wait any longer. */
export function clientGone(context: Context, lifted: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const socket = socketOf(context);
    if (lifted.aborted || socket?.destroyed) resolve();
    socket?.once('close', resolve);
    lifted.addEventListener('abort', () => resolve());
  });
}
