// Tiers without PlatformStack: load balancers and web servers before an application that runs elsewhere in the private network.
// A Site is what tiers share: network, addresses, SSH key, firewalls. Each host drops what `connections` does not name.
// Each tier is told whose endpoints are behind it; here Nginx forwards to addresses that others manage.
// `resolve...` adds the defaults. Settings are checked as in PlatformStack, and mistakes end the synth with one ConfigError.
// PlatformVariables declares the variables of all tiers; those that no resource uses are not asked for if you declare your own.
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import {
  CONNECTIONS,
  deleteInOrder,
  Edge,
  HcloudProvider,
  hostFirewall,
  InternalAuthority,
  LoadBalancerPair,
  LOG_DEFAULTS,
  PlatformVariables,
  resolveLoadBalancers,
  resolveSite,
  resolveWeb,
  Site,
  WAYS_OUT,
  WebTier,
} from 'scale-up';

class WebsiteStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.addOverride('terraform.required_version', '>= 1.10');
    const variables = new PlatformVariables(this);
    new HcloudProvider(this, 'hcloud', { token: variables.hcloudToken, endpoint: variables.hcloudEndpoint });
    new TlsProvider(this, 'tls');

    const settings = resolveSite({ namePrefix: 'website-' });
    const firewall = hostFirewall({ site: settings, connections: CONNECTIONS, waysOut: WAYS_OUT, proxied: false });
    const site = new Site(this, 'site', {
      ...settings,
      sshPublicKey: variables.sshPublicKey,
      sshPrivateKey: variables.sshPrivateKey,
      hostFiles: (host) => firewall(host.tier),
    });
    const edge = new Edge(this, 'edge', { domains: ['www.example.com'], certificate: { mode: 'self-signed' } });
    const pair = new LoadBalancerPair(this, 'lb', {
      ...resolveLoadBalancers({}, { webServers: 3 }),
      site,
      upstreams: site.endpoints('web', 'http', 3),
      hostNames: edge.hostNames,
      certificatePem: edge.certificatePem,
      certificateRevision: edge.certificateRevision,
      authority: new InternalAuthority(this, 'lb-authority', { name: 'load balancer pair CA' }),
      failoverToken: variables.failoverToken,
      hcloudEndpoint: variables.hcloudEndpoint,
      logs: LOG_DEFAULTS,
    });
    const web = new WebTier(this, 'web', {
      ...resolveWeb({ serverCount: 3 }, site.plan),
      site,
      // Web servers have no public address: they install packages once the load balancers can forward for them
      egress: pair.egress,
      upstreams: [
        { name: 'legacy-1', address: '10.0.3.101', port: 8080 },
        { name: 'legacy-2', address: '10.0.3.102', port: 8080 },
      ],
      publicFolder: 'app/public',
      logs: LOG_DEFAULTS,
    });
    // Fewer web servers one day: the load balancers let go of them before they are deleted
    deleteInOrder(this, { site, tier: 'web', servers: web.servers, inFront: pair.servers });
    new TerraformOutput(this, 'floating_ip', { value: site.floatingIp.ipAddress });
  }
}

const app = new App();
new WebsiteStack(app, 'website');
app.synth();
