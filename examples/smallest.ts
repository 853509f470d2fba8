// The smallest environment: a domain and an application, and a default for everything else.
// That is two load balancers, two web, two app and three MySQL servers in one location.
// The certificate is self-signed, so browsers warn: right for a trial, and the first thing to change.
// Terraform keeps its state in a file beside this one's copy in your project.
// To use it: copy it to main.ts beside cdktf.json; paths are relative to that folder.
import { App } from 'cdktf';
import { PlatformStack } from 'scale-up';

const app = new App();

new PlatformStack(app, 'smallest', {
  domain: 'www.example.com',
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
});

app.synth();
