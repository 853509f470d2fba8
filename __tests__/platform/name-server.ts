import { createSocket } from 'node:dgram';
import packet from 'dns-packet';

export interface NameServer {
  /** As an option takes it: address and port. */
  readonly address: string;
  stop(): void;
}

/** A DNS server on loopback that knows these answers, and that no other name exists. */
export async function nameServer(answers: readonly packet.Answer[]): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    const { id, questions = [] } = packet.decode(message);
    const [question] = questions;
    const found = answers.filter(({ name, type }) => name === question?.name && type === question.type);
    const exists = answers.some(({ name }) => name === question?.name);
    const NXDOMAIN = 3;
    socket.send(
      packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE | (exists ? 0 : NXDOMAIN), questions, answers: [...found] }),
      port,
      address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${socket.address().port}`, stop: () => socket.close() };
}
