import { App } from 'cdktf';
import { PlatformStack } from '../../../lib/platform-stack';

const app = new App();

/** The lab's environment of main.ts with two more members. */
new PlatformStack(app, 'lab', {
  domain: 'www.example.test',
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
  mysql: { memberCount: 5 },
});

app.synth();
