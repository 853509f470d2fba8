import { App } from 'cdktf';
import { PlatformStack } from '../../../lib/platform-stack';

const app = new App();

/** The first of the two deploys back to three members. */
new PlatformStack(app, 'lab', {
  domain: 'www.example.test',
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
  mysql: { memberCount: 5, leavingCount: 2 },
});

app.synth();
