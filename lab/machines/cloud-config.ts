import { parse } from 'yaml';
import { z } from 'zod';

/** The effects of user data at the first boot. */
export interface FirstBoot {
  readonly hostname: string | null;
  readonly files: readonly InitialFile[];
  /** Public keys for root. */
  readonly authorizedKeys: readonly string[];
  /** Root has none, not even those of the API. */
  readonly disableRoot: boolean;
  /** File name in /etc/ssh -> text. */
  readonly hostKeys: Readonly<Record<string, string>>;
  /** A program with its `#!` line, run as root once the network is there; null: nothing to run. */
  readonly script: string | null;
}

export interface InitialFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

const absolutePath = z.string().regex(/^\/[^\0]*$/, 'want an absolute path');
const words = z.union([z.string(), z.array(z.string()).min(1)]);
const user = z.strictObject({
  name: z.string().regex(/^[a-z_][a-z0-9_-]*$/),
  ssh_authorized_keys: z.array(z.string()).default([]),
  groups: z.union([z.string(), z.array(z.string())]).default([]),
  shell: absolutePath.default('/bin/bash'),
  sudo: z.string().optional(),
  lock_passwd: z.literal(true).default(true),
});

/** The modules of cloud-init that the lab supports. Any other is an error, never a silent success. */
const cloudConfig = z.strictObject({
  hostname: z.string().optional(),
  write_files: z
    .array(
      z.strictObject({
        path: absolutePath,
        content: z.string().default(''),
        encoding: z.enum(['text/plain', 'b64', 'base64']).default('text/plain'),
        permissions: z
          .string()
          .regex(/^0?[0-7]{3,4}$/)
          .default('0644'),
        owner: z.enum(['root', 'root:root']).default('root:root'),
      }),
    )
    .default([]),
  runcmd: z.array(words).default([]),
  ssh_authorized_keys: z.array(z.string()).default([]),
  ssh_keys: z.partialRecord(z.enum(['ed25519_private', 'ed25519_public', 'ecdsa_private', 'ecdsa_public']), z.string()).default({}),
  ssh_deletekeys: z.boolean().optional(),
  disable_root: z.boolean().default(false),
  users: z.array(z.union([z.literal('default'), user])).default([]),
});

const NOTHING: FirstBoot = { hostname: null, files: [], authorizedKeys: [], disableRoot: false, hostKeys: {}, script: null };

/**
 * Reads user data as cloud-init would: `#cloud-config` or a script.
 * @throws if there is anything in it that the lab does not do
 */
export function readUserData(userData: string | null): FirstBoot {
  if (userData === null || userData.trim() === '') return NOTHING;
  const text = decoded(userData);
  if (text.startsWith('#!')) return { ...NOTHING, script: text };
  if (!text.startsWith('#cloud-config')) {
    throw new Error(
      `user_data begins with ${JSON.stringify(text.slice(0, 20))}, want #cloud-config or a script with #!; the lab does nothing else`,
    );
  }
  const result = cloudConfig.safeParse(parse(text) ?? {});
  if (!result.success) {
    throw new Error(
      `user_data is not understood by the lab:\n${z.prettifyError(result.error)}\nUse what lab/machines/cloud-config.ts knows, or teach it`,
    );
  }
  const config = result.data;
  const commands = [...config.users.flatMap((entry) => (entry === 'default' ? [] : addUser(entry))), ...config.runcmd.map(shellLine)];
  return {
    hostname: config.hostname ?? null,
    files: config.write_files.map((file) => ({
      path: file.path,
      content: file.encoding === 'text/plain' ? file.content : Buffer.from(file.content, 'base64').toString(),
      mode: Number.parseInt(file.permissions, 8),
    })),
    authorizedKeys: config.ssh_authorized_keys,
    disableRoot: config.disable_root,
    hostKeys: Object.fromEntries(
      Object.entries(config.ssh_keys).map(([name, text]) => {
        const [kind, half] = name.split('_');
        return [`ssh_host_${kind}_key${half === 'public' ? '.pub' : ''}`, text];
      }),
    ),
    script: commands.length > 0 ? ['#!/bin/sh', ...commands, ''].join('\n') : null,
  };
}

/** Hetzner's source decodes user data that is base64. */
function decoded(userData: string): string {
  if (userData.startsWith('#') || !/^[A-Za-z0-9+/\s]+=*\s*$/.test(userData)) return userData;
  const text = Buffer.from(userData, 'base64').toString();
  return text.startsWith('#') ? text : userData;
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
const shellLine = (command: string | readonly string[]) => (typeof command === 'string' ? command : command.map(quoted).join(' '));

function addUser({ name, groups, shell, sudo, ssh_authorized_keys: keys }: z.infer<typeof user>): string[] {
  const list = typeof groups === 'string' ? groups.split(/[,\s]+/).filter(Boolean) : groups;
  return [
    `id -u ${name} >/dev/null 2>&1 || useradd --create-home --shell ${quoted(shell)} ${list.length > 0 ? `--groups ${quoted(list.join(','))} ` : ''}${name}`,
    ...(sudo ? [`printf '%s\\n' ${quoted(`${name} ${sudo}`)} >/etc/sudoers.d/90-${name}`] : []),
    ...(keys.length > 0
      ? [
          `install -d -m 0700 -o ${name} -g ${name} /home/${name}/.ssh`,
          `printf '%s\\n' ${keys.map(quoted).join(' ')} >/home/${name}/.ssh/authorized_keys`,
          `chown ${name}:${name} /home/${name}/.ssh/authorized_keys`,
        ]
      : []),
  ];
}
