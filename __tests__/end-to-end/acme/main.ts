import { App } from 'cdktf';
import { PlatformStack } from '../../../lib/platform-stack';
import { DIRECTORY_URL } from './pebble';

const app = new App();

/** The lab's environment of main.ts with a certificate of Pebble: deployed over the running one, a change of settings. */
new PlatformStack(app, 'lab', {
  domain: 'www.example.test',
  additionalDomains: ['example.test'],
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
  certificate: { mode: 'acme', directoryUrl: DIRECTORY_URL, directoryCaFile: process.env['PEBBLE_CA'] },
});

app.synth();
