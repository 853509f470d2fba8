import { App } from 'cdktf';
import { PlatformStack } from './lib/platform-stack';

const app = new App();

/** The sample application; replace it by your own. */
const application = { entryPoint: 'app/server.ts', publicFolder: 'app/public' };

/** For the lab on this machine, or a cheap trial at Hetzner. */
new PlatformStack(app, 'lab', {
  domain: 'www.example.test',
  application,
});

/** What a real environment looks like. What is commented out shows the default. */
new PlatformStack(app, 'production', {
  domain: 'www.example.com',
  application,
  // certificate: { mode: 'self-signed' },
  // locations: ['fsn1'],
  // image: 'debian-13',
  deleteProtection: true,
  web: {
    serverType: 'cx33',
    // serverCount: 2,
  },
  app: {
    serverType: 'cx33',
    // serverCount: 2,
  },
  // backend: { type: 'local' },
});

app.synth();
