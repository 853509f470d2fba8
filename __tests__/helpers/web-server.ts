import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { onTestFinished } from 'vitest';
import { WEB_HEALTH_PATH } from '../../lib/config/nginx';
import { listening } from './ports';

/** A web server on loopback that is healthy and remembers what else it was asked. */
export class Web {
  readonly requests: IncomingMessage[] = [];
  readonly server: Server;
  port = 0;
  draining = false;

  constructor(answer: RequestListener) {
    this.server = createServer((message, response) => {
      if (message.url === WEB_HEALTH_PATH) return void response.writeHead(this.draining ? 404 : 200).end();
      this.requests.push(message);
      answer(message, response);
    });
  }

  async start(): Promise<this> {
    this.port = await listening(this.server);
    onTestFinished(() => this.stop());
    return this;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  methods(): string[] {
    return this.requests.map(({ method }) => method ?? '');
  }
}
