import { connect } from 'node:net';

/** Sends them to a port of this machine, whatever comes back. Resolves when the connection has ended, after 0.2 s at the latest. */
export function sendBytes(port: number, what: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(what));
    socket
      .on('error', () => undefined)
      .on('close', () => resolve())
      .resume();
    setTimeout(() => socket.destroy(), 200).unref();
  });
}
