/** What many would take instead of HAProxy and Nginx: Debian's Caddy in front of Node, one program for TLS, files and the application. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../lab/faults';
import { ask } from '../../helpers/chain';
import { freePort } from '../../helpers/ports';

/** As Debian has it; CADDY names another one. */
export const CADDY = process.env['CADDY'] ?? '/usr/bin/caddy';
const START_MS = 20_000;

export interface CaddyOptions {
  /** Port of the application on 127.0.0.1. */
  readonly app: number;
  readonly publicFolder: string;
  /** File with certificate and key. */
  readonly site: string;
}

interface CaddyConfig extends CaddyOptions {
  readonly https: number;
  readonly accessLog: string;
}

/** As a good administrator writes it; as many kept connections to the application as Nginx has, and a line of log for each request. */
export function caddyfile({ https, app, publicFolder, site, accessLog }: CaddyConfig): string {
  return `\
{
	admin off
	auto_https off
	# For clients that name no host
	default_sni www.example.test
	servers {
		protocols h1 h2
	}
}

https://:${https} {
	bind 127.0.0.1
	tls ${site} ${site}
	encode gzip
	log {
		output file ${accessLog}
		format json
	}

	root * ${publicFolder}
	@files file
	handle @files {
		file_server
	}
	handle {
		reverse_proxy 127.0.0.1:${app} {
			transport http {
				keepalive_idle_conns_per_host 64
			}
		}
	}
}
`;
}

export class Caddy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'caddy-'));
  readonly #process: ChildProcess;

  private constructor(
    readonly https: number,
    options: CaddyOptions,
  ) {
    const file = join(this.#folder, 'Caddyfile');
    writeFileSync(file, caddyfile({ ...options, https, accessLog: join(this.#folder, 'access.log') }));
    this.#process = spawn(CADDY, ['run', '--config', file, '--adapter', 'caddyfile'], {
      stdio: 'ignore',
      // It writes into its home and nowhere else
      env: { ...process.env, HOME: this.#folder, XDG_DATA_HOME: this.#folder, XDG_CONFIG_HOME: this.#folder },
    });
  }

  /** Serves when it returns. @throws if it does not within 20 s */
  static async start(options: CaddyOptions): Promise<Caddy> {
    const caddy = new Caddy(await freePort(), options);
    try {
      await Promise.race([
        until('Caddy serves', async () => (await ask(caddy, '/file.txt')).status === 200, START_MS),
        once(caddy.#process, 'exit').then(([code]) => Promise.reject(new Error(`Caddy ended with ${code}`))),
      ]);
      return caddy;
    } catch (error) {
      await caddy.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async stop(): Promise<void> {
    if (this.#process.pid !== undefined && this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
