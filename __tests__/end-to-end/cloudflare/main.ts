import { App } from 'cdktf';
import { PlatformStack } from '../../../lib/platform-stack';

const app = new App();

/** The lab's environment of main.ts behind Cloudflare: deployed over the running one, a change of settings. */
new PlatformStack(app, 'lab', {
  domain: 'www.example.test',
  additionalDomains: ['example.test'],
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
  certificate: { mode: 'cloudflare-origin' },
  cloudflare: { zone: 'example.test', originPulls: { mode: 'generated' } },
});

app.synth();
