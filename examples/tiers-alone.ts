// Tiers without PlatformStack: load balancers and web servers before an application that runs elsewhere in the private network.
// A Site is what tiers share: network, addresses, SSH key, firewalls. Each host drops what `connections` does not name.
// Each tier is told whose endpoints are behind it; here Nginx forwards to addresses that others manage.
// Settings of a tier are checked as in PlatformStack, and a mistake ends the synth with a ConfigError.
// PlatformVariables declares the variables of all tiers; those that no resource uses are not asked for if you declare your own.
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { CONNECTIONS, Edge, HcloudProvider, hostFirewall, LoadBalancerPair, PlatformVariables, Site, WAYS_OUT, WebTier } from 'scale-up';

class WebsiteStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.addOverride('terraform.required_version', '>= 1.10');
    const variables = new PlatformVariables(this);
    new HcloudProvider(this, 'hcloud', { token: variables.hcloudToken, endpoint: variables.hcloudEndpoint });
    new TlsProvider(this, 'tls');

    const firewall = hostFirewall({ connections: CONNECTIONS, waysOut: WAYS_OUT });
    const site = new Site(this, 'site', {
      namePrefix: 'website-',
      sshPublicKey: variables.sshPublicKey,
      sshPrivateKey: variables.sshPrivateKey,
      hostFiles: (host) => firewall(host.tier),
    });
    const edge = new Edge(this, 'edge', { domains: ['www.example.com'], certificate: { mode: 'self-signed' } });
    const web = new WebTier(this, 'web', {
      site,
      serverCount: 3,
      upstreams: [
        { name: 'legacy-1', address: '10.0.3.101', port: 8080 },
        { name: 'legacy-2', address: '10.0.3.102', port: 8080 },
      ],
      publicFolder: 'app/public',
    });
    const pair = new LoadBalancerPair(this, 'lb', {
      site,
      upstreams: web.endpoints,
      hostNames: edge.hostNames,
      certificatePem: edge.certificatePem,
      certificateRevision: edge.certificateRevision,
      failoverToken: variables.failoverToken,
      hcloudEndpoint: variables.hcloudEndpoint,
    });
    // Web servers have no public address: they install packages once the load balancers can forward for them
    site.provideEgress([...pair.servers.map(({ configured }) => configured), pair.floatingIpAssignment]);
    new TerraformOutput(this, 'floating_ip', { value: site.floatingIp.ipAddress });
  }
}

const app = new App();
new WebsiteStack(app, 'website');
app.synth();
