// A site behind Cloudflare, with a certificate of your own on the load balancers.
// Cloudflare's proxies are the only ones that reach ports 80 and 443, and show a certificate that Terraform makes for them.
// The key in privateKeyFile is compared at synth and stays here; a deploy takes it from TF_VAR_certificate_private_key.
// DNS records are made in the zone once all load balancers serve: TF_VAR_cloudflare_token may edit DNS, settings and certificates.
// Servers stand in two locations; state and runs are those of a Terraform Cloud workspace.
import { App } from 'cdktf';
import { PlatformStack } from 'scale-up';

const app = new App();

new PlatformStack(app, 'shop', {
  domain: 'www.example.com',
  additionalDomains: ['example.com'],
  application: { entryPoint: 'app/server.ts', migrationEntryPoint: 'app/migrate.ts', publicFolder: 'app/public' },
  certificate: { mode: 'files', certificateFile: 'certificates/www.example.com.pem', privateKeyFile: 'certificates/www.example.com.key' },
  cloudflare: { zone: 'example.com', originPulls: { mode: 'generated' } },
  locations: ['fsn1', 'nbg1'],
  loadBalancers: { sshSources: ['198.51.100.0/24'], hsts: { maxAgeSeconds: 31_536_000 } },
  deleteProtection: true,
  backend: { type: 'terraform-cloud', organization: 'example', workspace: 'shop' },
});

app.synth();
