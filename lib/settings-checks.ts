import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ORIGIN_VALIDITY_DAYS, originCertificateDays } from './cloudflare/settings';
import { ConfigError, type Problem } from './errors';
import { domainProblem, isLetsEncrypt, sourceProblem } from './net/checks';
import { admitsAnyIpv4, contains, isPrivate, overlaps, parseAddress, parseRange, type Range } from './net/cidr';
import { AddressPlan, TIERS } from './net/address-plan';
import {
  applicationConnections,
  DATABASE_CONNECTIONS,
  databaseConnectionsProblem,
  defaultMaxConnections,
  maxConnectionsProblem,
} from './net/database-connections';
import { limitsProblems } from './net/capacity';
import { loadBalancerProblems, mysqlProblems, webProblems } from './net/tier-problems';
import { NETWORK_ZONES, type LocationName } from './hetzner/locations';
import { parseRebootWindow, REBOOT_WINDOW, TURN_MINUTES, turnsIn } from './updates/reboot-window';
import { RESOLVERS, resolversProblem } from './net/resolvers';
import { architectureOf, serverTypeProblem } from './hetzner/server-types';
import { projectPath } from './build/project-path';
import { mysqlPackagesProblems } from './servers/mysql-packages';
import { DEFAULT_IMAGE, IMAGES, isSnapshot, UNSUITABLE_IMAGES } from './hetzner/images';
import type { EnvironmentSettings } from './settings';

/** Throws one error that holds everything that is wrong, so that one run is enough to learn it all. */
export function checkSettings(environment: string, settings: EnvironmentSettings, now = new Date()): void {
  const problems = findProblems(settings, now);
  if (problems.length > 0) throw new ConfigError(environment, problems);
}

export function findProblems(settings: EnvironmentSettings, now = new Date()): readonly Problem[] {
  return [
    ...names(settings),
    ...counts(settings),
    ...connections(settings),
    ...limits(settings),
    ...locations(settings),
    ...serverTypes(settings),
    ...mysqlPackagesProblems(settings.mysql ?? {}, 'mysql.'),
    ...image(settings),
    ...networkRanges(settings),
    ...resolvers(settings),
    ...sources(settings),
    ...outbound(settings),
    ...volumes(settings),
    ...loadBalancerProblems('loadBalancers.', settings.loadBalancers ?? {}),
    ...webProblems('web.', settings.web ?? {}),
    ...mysqlProblems('mysql.', settings.mysql ?? {}),
    ...certificate(settings, now),
    ...cloudflare(settings, now),
    ...acme(settings),
    ...authorities(settings),
    ...login(settings),
    ...updates(settings),
    ...application(settings),
  ];
}

function names({ domain, additionalDomains = [], namePrefix = '' }: EnvironmentSettings): Problem[] {
  const problems = [
    domainProblem('domain', domain),
    ...additionalDomains.map((name, index) => domainProblem(`additionalDomains[${index}]`, name)),
  ];
  if (!/^([a-z0-9][a-z0-9-]{0,39})?$/.test(namePrefix)) {
    problems.push({
      code: 'name-prefix',
      prop: 'namePrefix',
      got: namePrefix,
      want: 'at most 40 small letters, digits and hyphens, no hyphen first',
      fix: 'it becomes part of host names',
    });
  }
  return problems.filter((problem) => problem !== undefined);
}

function counts(settings: EnvironmentSettings): Problem[] {
  const problems: Problem[] = [];
  for (const tier of ['web', 'app'] as const) {
    const got = settings[tier]?.serverCount ?? 2;
    const prop = `${tier}.serverCount`;
    if (!Number.isInteger(got) || got < 1 || got > 20) {
      problems.push({ code: 'server-count', prop, got, want: 'a whole number from 1 to 20', fix: 'choose one in that range' });
    } else if (got === 1 && !settings.allowSinglePointOfFailure) {
      problems.push({
        code: 'single-point-of-failure',
        prop,
        got,
        want: '2 or more',
        fix: 'add a server, or set allowSinglePointOfFailure: true and live with an outage whenever it is down',
      });
    }
  }
  const members = settings.mysql?.memberCount ?? 3;
  if (![3, 5, 7, 9].includes(members)) {
    const fix =
      members === 2
        ? 'add a member, two cannot outvote a failure'
        : 'choose an odd number, a group needs a majority and has nine members at most';
    problems.push({ code: 'member-count', prop: 'mysql.memberCount', got: members, want: '3, 5, 7 or 9', fix });
  }
  return problems;
}

function connections({ app = {}, mysql = {} }: EnvironmentSettings): Problem[] {
  const inAll = applicationConnections(app);
  const problem =
    databaseConnectionsProblem('app.databaseConnections', app.databaseConnections ?? DATABASE_CONNECTIONS) ??
    maxConnectionsProblem('mysql.maxConnections', mysql.maxConnections ?? defaultMaxConnections(inAll), inAll);
  return problem ? [problem] : [];
}

function limits({ loadBalancers = {}, web = {} }: EnvironmentSettings): Problem[] {
  return limitsProblems('loadBalancers.limits', loadBalancers.limits, web.serverCount ?? 2);
}

function locations({ locations: chosen = ['fsn1'] }: EnvironmentSettings): Problem[] {
  const known = Object.keys(NETWORK_ZONES);
  const unknown = chosen.filter((name) => !known.includes(name));
  if (chosen.length === 0 || unknown.length > 0) {
    const got = unknown.length > 0 ? unknown : chosen;
    return [
      { code: 'location', prop: 'locations', got, want: `one or more of ${known.join(', ')}`, fix: 'a location goes by its short name' },
    ];
  }
  const zones = new Set(chosen.map((name) => NETWORK_ZONES[name]));
  if (zones.size === 1) return [];
  const zone = NETWORK_ZONES[chosen[0] as LocationName];
  const fitting = known.filter((name) => NETWORK_ZONES[name as LocationName] === zone);
  return [
    {
      code: 'network-zone',
      prop: 'locations',
      got: chosen,
      want: 'locations of one network zone',
      fix: `neither a network nor a floating IP spans two; with ${chosen[0]} go ${fitting.join(', ')}`,
    },
  ];
}

function chosenServerTypes(settings: EnvironmentSettings): [prop: string, type: string][] {
  return [
    ['loadBalancers.serverType', settings.loadBalancers?.serverType ?? 'cx23'],
    ['web.serverType', settings.web?.serverType ?? 'cx23'],
    ['app.serverType', settings.app?.serverType ?? 'cx23'],
    ['mysql.serverType', settings.mysql?.serverType ?? 'cx23'],
  ];
}

function serverTypes(settings: EnvironmentSettings): Problem[] {
  const { locations: chosen = ['fsn1'] } = settings;
  // Where the locations themselves are wrong, those that go with the first
  const known = chosen.filter((name) => name in NETWORK_ZONES && NETWORK_ZONES[name] === NETWORK_ZONES[chosen[0] ?? name]);
  return chosenServerTypes(settings)
    .map(([prop, type]) => serverTypeProblem(prop, type, known))
    .filter((problem) => problem !== undefined);
}

function image(settings: EnvironmentSettings): Problem[] {
  const { image: got = DEFAULT_IMAGE } = settings;
  if (isSnapshot(got)) {
    const types = chosenServerTypes(settings).map(([, type]) => type);
    if (new Set(types.map(architectureOf).filter((each) => each !== undefined)).size < 2) return [];
    const fix = 'a snapshot is for one architecture only; use an image name, or types of one architecture';
    return [{ code: 'image-architecture', prop: 'image', got, want: `an image for ${[...new Set(types)].join(' and ')}`, fix }];
  }
  if (IMAGES.includes(got)) return [];
  const lack = UNSUITABLE_IMAGES[got];
  return [
    {
      code: 'image',
      prop: 'image',
      got,
      want: `one of ${IMAGES.join(', ')}, or the number of a snapshot made of one`,
      fix: lack ? `${lack}; use ${DEFAULT_IMAGE}` : `use ${DEFAULT_IMAGE}`,
    },
  ];
}

/** Hetzner uses it as the gateway on the public side. */
const PUBLIC_GATEWAY = parseAddress('172.31.1.1') as number;
const SMALLEST_SUBNET = 27;
const SMALLEST_NETWORK = 21;

function networkRanges({ network = {} }: EnvironmentSettings): Problem[] {
  const got = network.range ?? '10.0.0.0/16';
  const prop = 'network.range';
  const range = parseRange(got);
  if (!range) return [{ code: 'cidr', prop, got, want: 'an IPv4 range such as 10.0.0.0/16', fix: 'its last bits have to be 0' }];
  if (!isPrivate(range)) {
    return [
      {
        code: 'network-not-private',
        prop,
        got,
        want: 'part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16',
        fix: 'Hetzner takes RFC 1918 ranges only',
      },
    ];
  }
  if (range.first <= PUBLIC_GATEWAY && PUBLIC_GATEWAY <= range.last) {
    return [
      { code: 'network-reserved', prop, got, want: 'a range without 172.31.1.1', fix: 'Hetzner uses that address as the public gateway' },
    ];
  }
  const own = TIERS.filter((tier) => network.subnets?.[tier] !== undefined);
  if (own.length < TIERS.length && range.prefix > SMALLEST_NETWORK) {
    return [
      {
        code: 'network-too-small',
        prop,
        got,
        want: `/${SMALLEST_NETWORK} or larger`,
        fix: 'make it larger, or set network.subnets for all four tiers',
      },
    ];
  }
  return subnets(range, network);
}

function resolvers({ network = {} }: EnvironmentSettings): Problem[] {
  const problem = resolversProblem('network.resolvers', network.resolvers ?? RESOLVERS, parseRange(network.range ?? '10.0.0.0/16'));
  return problem ? [problem] : [];
}

function subnets(network: Range, settings: NonNullable<EnvironmentSettings['network']>): Problem[] {
  const plan = { ...new AddressPlan({ networkRange: settings.range }).subnets, ...settings.subnets };
  const problems: Problem[] = [];
  const known: { tier: string; range: Range }[] = [];
  for (const tier of TIERS) {
    const [prop, got] = [`network.subnets.${tier}`, plan[tier]];
    const range = parseRange(got);
    const overlapping = range && known.find((other) => overlaps(other.range, range));
    if (!range) {
      problems.push({ code: 'cidr', prop, got, want: 'an IPv4 range such as 10.0.1.0/24', fix: 'its last bits have to be 0' });
    } else if (!contains(network, range)) {
      problems.push({
        code: 'subnet-outside',
        prop,
        got,
        want: `part of network.range ${settings.range ?? '10.0.0.0/16'}`,
        fix: 'move the subnet, or make the network larger',
      });
    } else if (range.prefix > SMALLEST_SUBNET) {
      problems.push({
        code: 'subnet-too-small',
        prop,
        got,
        want: `/${SMALLEST_SUBNET} or larger`,
        fix: 'a tier has up to 20 hosts, and the first ten addresses stay free',
      });
    } else if (overlapping) {
      problems.push({
        code: 'subnet-overlap',
        prop,
        got,
        want: 'a range of its own',
        fix: `it overlaps network.subnets.${overlapping.tier}`,
      });
    }
    if (range) known.push({ tier, range });
  }
  return problems;
}

function sources({ loadBalancers = {} }: EnvironmentSettings): Problem[] {
  return (['sshSources', 'webSources'] as const).flatMap((prop) => {
    const ranges = loadBalancers[prop];
    if (ranges?.length === 0) {
      return [
        {
          code: 'no-sources',
          prop: `loadBalancers.${prop}`,
          got: [],
          want: 'at least one range',
          fix: "leave it out for any, which is ['0.0.0.0/0', '::/0']",
        },
      ];
    }
    return (ranges ?? [])
      .map((range, index) => sourceProblem(`loadBalancers.${prop}[${index}]`, range))
      .filter((problem) => problem !== undefined);
  });
}

function outbound({ app = {} }: EnvironmentSettings): Problem[] {
  return (app.outboundRanges ?? [])
    .map((range, index) => (range === 'any' ? undefined : sourceProblem(`app.outboundRanges[${index}]`, range)))
    .filter((problem) => problem !== undefined);
}

function volumes({ mysql }: EnvironmentSettings): Problem[] {
  const got = mysql?.volumeGb;
  if (got === undefined || (Number.isInteger(got) && got >= 10 && got <= 10240)) return [];
  return [
    { code: 'volume-size', prop: 'mysql.volumeGb', got, want: 'a whole number of GB from 10 to 10240', fix: 'Hetzner has no other sizes' },
  ];
}

function certificate({ certificate: source, domain, additionalDomains = [] }: EnvironmentSettings, now: Date): Problem[] {
  if (source?.mode !== 'files') return [];
  const { certificateFile, privateKeyFile } = source;
  const leaf = readPem('certificate.certificateFile', certificateFile, (pem) => new X509Certificate(pem));
  const key = readPem('certificate.privateKeyFile', privateKeyFile, createPrivateKey);
  const problems = [leaf, key].filter((read) => 'code' in read);
  if ('code' in leaf) return problems;
  const prop = 'certificate.certificateFile';
  if (!('code' in key) && !leaf.checkPrivateKey(key)) {
    problems.push({
      code: 'certificate-key',
      prop: 'certificate.privateKeyFile',
      got: privateKeyFile,
      want: `the key of ${certificateFile}`,
      fix: "the two belong to different pairs; the first certificate in the file has to be the website's own",
    });
  }
  if (new Date(leaf.validTo) <= now) {
    problems.push({
      code: 'certificate-expired',
      prop,
      got: certificateFile,
      want: 'a certificate that is valid today',
      fix: `it ended on ${leaf.validTo}; renew it`,
    });
  }
  const missing = [domain, ...additionalDomains].filter((name) => leaf.checkHost(name) === undefined);
  if (missing.length > 0) {
    problems.push({
      code: 'certificate-names',
      prop,
      got: certificateFile,
      want: `a certificate for ${missing.join(', ')}`,
      fix: `it is for ${leaf.subjectAltName ?? leaf.subject}`,
    });
  }
  return problems;
}

function cloudflare(
  { cloudflare: chosen, certificate: source, domain, additionalDomains = [] }: EnvironmentSettings,
  now: Date,
): Problem[] {
  return [
    ...originCertificate(source, chosen),
    ...(chosen ? [...zone(chosen.zone, [domain, ...additionalDomains]), ...pullAuthority(chosen, now)] : []),
  ];
}

function zone(name: string, domains: readonly string[]): Problem[] {
  const problem = domainProblem('cloudflare.zone', name);
  if (problem) return [problem];
  return domains.flatMap((got, index) => {
    if (got === name || got.endsWith(`.${name}`)) return [];
    const prop = index === 0 ? 'domain' : `additionalDomains[${index - 1}]`;
    return [
      {
        code: 'domain-outside-zone',
        prop,
        got,
        want: `${name} or a name below it`,
        fix: 'an environment has its names in one zone; check cloudflare.zone',
      },
    ];
  });
}

function originCertificate(source: EnvironmentSettings['certificate'], chosen: EnvironmentSettings['cloudflare']): Problem[] {
  if (source?.mode !== 'cloudflare-origin') return [];
  const problems: Problem[] = [];
  if (!chosen || chosen.proxied === false) {
    const fix = 'set cloudflare: { zone }, not proxied: false, or take another certificate: browsers do not trust this one';
    problems.push({
      code: 'origin-certificate-proxied',
      prop: 'certificate.mode',
      got: source.mode,
      want: 'names that Cloudflare proxies',
      fix,
    });
  }
  const { validityDays, renewBeforeDays } = originCertificateDays(source);
  if (!ORIGIN_VALIDITY_DAYS.includes(validityDays)) {
    problems.push({
      code: 'origin-validity',
      prop: 'certificate.validityDays',
      got: validityDays,
      want: `one of ${ORIGIN_VALIDITY_DAYS.join(', ')}`,
      fix: 'Cloudflare signs for no other time',
    });
  } else if (!(Number.isInteger(renewBeforeDays) && renewBeforeDays >= 1 && renewBeforeDays < validityDays)) {
    problems.push({
      code: 'renew-before',
      prop: 'certificate.renewBeforeDays',
      got: renewBeforeDays,
      want: `a whole number from 1 to ${validityDays - 1}`,
      fix: 'with all of its days every apply would renew it',
    });
  }
  return problems;
}

function acme({ certificate: source, domain, additionalDomains = [], loadBalancers: { webSources } = {} }: EnvironmentSettings): Problem[] {
  if (source?.mode !== 'acme') return [];
  const { directoryUrl, directoryCaFile, email } = source;
  const problems: Problem[] = [];
  if (directoryUrl !== undefined && !/^https:\/\/[^/\s]+\/\S*$/.test(directoryUrl)) {
    problems.push({
      code: 'acme-directory',
      prop: 'certificate.directoryUrl',
      got: directoryUrl,
      want: 'an https URL with a path',
      fix: "leave it out for Let's Encrypt; while you try, use https://acme-staging-v02.api.letsencrypt.org/directory",
    });
  }
  if (email !== undefined && !/^[^-@\s][^@\s]*@[^-@\s][^@\s]*\.[^@\s]+$/.test(email)) {
    problems.push({
      code: 'acme-email',
      prop: 'certificate.email',
      got: email,
      want: 'an address such as ops@example.com',
      fix: 'or leave it out',
    });
  }
  if (directoryCaFile !== undefined) {
    const authority = readPem('certificate.directoryCaFile', directoryCaFile, (pem) => new X509Certificate(pem));
    if ('code' in authority) problems.push(authority);
  }
  const names = [domain, ...additionalDomains];
  if (names.length > MOST_ACME_NAMES) {
    problems.push({
      code: 'acme-names',
      prop: 'additionalDomains',
      got: additionalDomains.length,
      want: `at most ${MOST_ACME_NAMES - 1}`,
      fix: 'an ACME server puts no more names into one certificate',
    });
  }
  // A server of your own may well come from a range that is let in
  if (isLetsEncrypt(directoryUrl) && webSources && !admitsAnyIpv4(webSources)) {
    problems.push({
      code: 'acme-sources',
      prop: 'loadBalancers.webSources',
      got: webSources,
      want: '0.0.0.0/0 among them',
      fix: "Let's Encrypt asks port 80 from addresses that it does not tell; or bring your own certificate with mode 'files'",
    });
  }
  return problems;
}

function pullAuthority({ originPulls }: NonNullable<EnvironmentSettings['cloudflare']>, now: Date): Problem[] {
  if (originPulls?.mode !== 'uploaded') return [];
  const [prop, got] = ['cloudflare.originPulls.authorityFile', originPulls.authorityFile];
  const authority = readPem(prop, got, (pem) => new X509Certificate(pem));
  if ('code' in authority) return [authority];
  if (new Date(authority.validTo) > now) return [];
  return [
    {
      code: 'certificate-expired',
      prop,
      got,
      want: 'a CA that is valid today',
      fix: `it ended on ${authority.validTo}; upload a certificate of another`,
    },
  ];
}

const MOST_ACME_NAMES = 100;

function authorities({ internalAuthorities: got }: EnvironmentSettings): Problem[] {
  if (
    got === undefined ||
    (got.length > 0 && new Set(got).size === got.length && got.every((name) => /^[a-z0-9][a-z0-9-]{0,29}$/.test(name)))
  )
    return [];
  const want = 'one or more names of small letters, digits and hyphens, each once';
  return [
    {
      code: 'internal-authorities',
      prop: 'internalAuthorities',
      got,
      want,
      fix: "leave it out for ['1']; the first signs, all are trusted",
    },
  ];
}

/**
 * Users and groups of Debian, of the packages and of the units of the platform; __tests__/settings-checks.test.ts compares the last line with the units.
 * A unit with DynamicUser=yes would run as an account of its name, with all its rights.
 */
const TAKEN_USERS = new Set(
  `daemon bin sys sync games man lp mail news uucp proxy backup list irc nobody sshd messagebus polkitd uuidd tcpdump
   adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users nogroup input sgx kvm
   render netdev crontab haproxy mysql keepalived_script
   app app-migrate app-watchdog database-router certificate-agent floating-ip mysql-member security-updates-answer www-data`.split(/\s+/),
);

function login(settings: EnvironmentSettings): Problem[] {
  return [...sshUser(settings), ...sshTimeout(settings)];
}

function sshTimeout({ sshTimeoutSeconds: got = 300 }: EnvironmentSettings): Problem[] {
  if (Number.isInteger(got) && got >= 15 && got <= 3600) return [];
  return [
    {
      code: 'ssh-timeout',
      prop: 'sshTimeoutSeconds',
      got,
      want: 'a whole number from 15 to 3600',
      fix: 'leave it out for 300; a new server has to boot in that time',
    },
  ];
}

function sshUser({ sshUser: got = 'root' }: EnvironmentSettings): Problem[] {
  if (/^[a-z][a-z0-9_-]{0,30}$/.test(got) && !got.startsWith('systemd-') && !TAKEN_USERS.has(got)) return [];
  return [
    {
      code: 'ssh-user',
      prop: 'sshUser',
      got,
      want: 'root, or a name of small letters, digits, - and _ that no service and no group has',
      fix: 'give it a name of its own, e.g. deploy',
    },
  ];
}

function updates({ updates: { rebootWindow: got = REBOOT_WINDOW } = {}, web, app, mysql }: EnvironmentSettings): Problem[] {
  const prop = 'updates.rebootWindow';
  const window = parseRebootWindow(got);
  if (!window)
    return [
      {
        code: 'reboot-window',
        prop,
        got,
        want: 'two times of the day, UTC, such as 23:00-03:00',
        fix: `leave it out for ${REBOOT_WINDOW}`,
      },
    ];
  const most = Math.max(2, web?.serverCount ?? 2, app?.serverCount ?? 2, mysql?.memberCount ?? 3);
  if (turnsIn(window) >= most) return [];
  return [
    {
      code: 'reboot-window',
      prop,
      got,
      want: `time for ${most} servers, ${TURN_MINUTES} minutes each and 6 more`,
      fix: 'make it longer; servers of a tier reboot one after another',
    },
  ];
}

function readPem<T extends object>(prop: string, file: string, parse: (pem: string) => T): T | Problem {
  if (!existsSync(projectPath(file)))
    return { code: 'file-missing', prop, got: file, want: 'an existing file', fix: 'paths are relative to main.ts' };
  try {
    return parse(readFileSync(projectPath(file), 'utf8'));
  } catch (error) {
    return { code: 'pem', prop, got: file, want: 'a PEM file', fix: error instanceof Error ? error.message : String(error) };
  }
}

/** Hosts list, hash and copy these files by lines, and know nothing but files and folders. */
function fileNames(folder: string): Problem[] {
  const root = projectPath(folder);
  return (
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      // eslint-disable-next-line no-control-regex -- these are what is looked for
      .filter((name) => /[\\\u0000-\u001f\u007f]/.test(name) || !isReadable(join(root, name)))
      .map((got) => ({
        code: 'file-name',
        prop: 'application.publicFolder',
        got,
        want: 'files and folders whose names have no backslash and no control character',
        fix: 'rename or remove it',
      }))
  );
}

/** A link that leads nowhere is none, and nor is a socket. */
function isReadable(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.isFile() || found.isDirectory());
}

function application({ application: { entryPoint, migrationEntryPoint, publicFolder } }: EnvironmentSettings): Problem[] {
  const missing = (prop: string, got: string, want: string): Problem => ({
    code: 'file-missing',
    prop,
    got,
    want,
    fix: 'paths are relative to main.ts',
  });
  const is = (path: string, kind: 'isFile' | 'isDirectory') => existsSync(projectPath(path)) && statSync(projectPath(path))[kind]();
  return [
    ...(is(entryPoint, 'isFile') ? [] : [missing('application.entryPoint', entryPoint, 'an existing program')]),
    ...(migrationEntryPoint === undefined || is(migrationEntryPoint, 'isFile')
      ? []
      : [missing('application.migrationEntryPoint', migrationEntryPoint, 'an existing program')]),
    ...(is(publicFolder, 'isDirectory')
      ? fileNames(publicFolder)
      : [missing('application.publicFolder', publicFolder, 'an existing folder')]),
  ];
}
