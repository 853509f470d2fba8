import { App } from 'cdktf';
import { PlatformStack } from './lib/platform-stack';

const app = new App();

/** The sample application; replace it by your own. Paths are relative to this file. */
const application = { entryPoint: 'app/server.ts', migrationEntryPoint: 'app/migrate.ts', publicFolder: 'app/public' };

/** For the lab on this machine, or a cheap trial at Hetzner: nothing but defaults. */
new PlatformStack(app, 'lab', {
  domain: 'www.example.test',
  application,
});

/** What a real environment looks like. Lines that are commented out show the default; lib/settings.ts and lib/settings/ have them all. */
new PlatformStack(app, 'production', {
  domain: 'www.example.com',
  // additionalDomains: [],
  application,
  // certificate: { mode: 'self-signed' },
  // cloudflare: undefined, or e.g. { zone: 'example.com' }: docs/cloudflare.md
  // locations: ['fsn1'],
  // image: 'debian-13',
  // network: { range: '10.0.0.0/16', resolvers: ['185.12.64.1', '185.12.64.2'] },
  loadBalancers: {
    // serverType: 'cx23',
    // sshSources: ['0.0.0.0/0', '::/0'],
    hsts: { maxAgeSeconds: 31_536_000 },
  },
  web: {
    // serverCount: 2,
    // serverType: 'cx23',
  },
  app: {
    // serverCount: 2,
    serverType: 'cx33',
    memoryMegabytes: 6144,
  },
  mysql: {
    // memberCount: 3,
    // series: '9.7',
    serverType: 'ccx13',
    volumeGb: 100,
  },
  deleteProtection: true,
  // pinHostKeys: true,
  // sshUser: 'root',
  // sshTimeoutSeconds: 300,
  // updates: { securityUpdates: false, rebootWindow: '01:00-05:00' },
  // logs: { clientAddresses: 'full', queries: true, oneSuccessIn: 1 },
  // backend: { type: 'local' },
});

app.synth();
