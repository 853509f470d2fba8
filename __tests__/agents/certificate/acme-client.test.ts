import { expect, test } from 'vitest';
import { certbotArguments, essence, saysUnknownAccount, unlessNonceIsRefused } from '../../../agents/certificate/acme-client';

const config = {
  responder: { address: '10.0.1.11', port: 8402 },
  peerName: 'lb-2',
  peerCertificateUrl: 'https://10.0.1.12:8403/obtained.pem',
  domains: ['www.example.test', 'example.test'],
  directoryUrl: 'https://acme.example.test/directory',
};

test('certbot is asked for all names, in the order of the settings, and answers on the private address', () => {
  const line = certbotArguments(config, '/state').join(' ');
  expect(line).toContain('--http-01-address 10.0.1.11 --http-01-port 8402');
  expect(line).toMatch(/--domain www\.example\.test --domain example\.test$/);
  expect(line).toContain('--server https://acme.example.test/directory');
});

test('an account needs no address', () => {
  expect(certbotArguments(config, '/state')).toContain('--register-unsafely-without-email');
  expect(certbotArguments({ ...config, email: 'ops@example.test' }, '/state').join(' ')).toContain('--email ops@example.test');
});

test('of what certbot says after a failure, the reason is left', () => {
  const output = `Saving debug log to /state/logs/letsencrypt.log
Requesting a certificate for www.example.test

Certbot failed to authenticate some domains (authenticator: standalone). The Certificate Authority reported these problems:
  Domain: www.example.test
  Type:   dns
  Detail: DNS problem: NXDOMAIN looking up A for www.example.test

Hint: The Certificate Authority failed to download the challenge files from the temporary standalone webserver.

Some challenges have failed.
Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile /state/logs/letsencrypt.log
`;
  expect(essence(output)).toBe('Domain: www.example.test Type:   dns Detail: DNS problem: NXDOMAIN looking up A for www.example.test');
});

test('an account that the ACME server does not know is told from other failures', () => {
  expect(saysUnknownAccount('An unexpected error occurred: Account https://acme.example.test/my-account/5f8d262cd744e920 not found.')).toBe(
    true,
  );
  expect(saysUnknownAccount('An unexpected error occurred: Account "https://acme.example.test/acme/acct/7" not found')).toBe(true);
  expect(saysUnknownAccount('urn:ietf:params:acme:error:accountDoesNotExist :: no account exists with the provided key')).toBe(true);
  expect(saysUnknownAccount('Domain: account.example.test Type: dns Detail: DNS problem: NXDOMAIN looking up A, not found')).toBe(false);
});

test('a server that refuses nonces is asked three times, and for any other failure once', async () => {
  const failing = (message: string, times: number) => {
    let asked = 0;
    const ask = () => ((asked += 1) <= times ? Promise.reject(new Error(message)) : Promise.resolve());
    return unlessNonceIsRefused(ask).then(
      () => `obtained after ${asked}`,
      () => `failed after ${asked}`,
    );
  };
  const REFUSED = 'Unable to register an account with ACME server. JWS has an invalid anti-replay nonce: GFp01XEc181B3U2anB4k-A';
  expect(await failing(REFUSED, 2)).toBe('obtained after 3');
  expect(await failing('urn:ietf:params:acme:error:badNonce :: another one is needed', 3)).toBe('failed after 3');
  expect(await failing('Domain: example.test Type: dns Detail: no nonce in sight', 1)).toBe('failed after 1');
});
