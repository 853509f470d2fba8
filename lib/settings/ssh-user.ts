import { text } from './rules';

/**
 * Users and groups of Debian, of the packages and of the units of the platform; __tests__/settings.test.ts compares the last line with the units.
 * A unit with DynamicUser=yes would run as an account of its name, with all its rights.
 */
const TAKEN_USERS = new Set(
  `daemon bin sys sync games man lp mail news uucp proxy backup list irc nobody sshd messagebus polkitd uuidd tcpdump
   adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users nogroup input sgx kvm
   render netdev crontab haproxy mysql keepalived_script
   app app-migrate app-watchdog database-router certificate-agent floating-ip mysql-member security-updates-answer silent-peers www-data`.split(
    /\s+/,
  ),
);

/** Of who logs in by SSH. */
export const loginName = text((got) => /^[a-z][a-z0-9_-]{0,30}$/.test(got) && !got.startsWith('systemd-') && !TAKEN_USERS.has(got), {
  code: 'ssh-user',
  want: 'root, or a name of small letters, digits, - and _ that no service and no group has',
  fix: 'give it a name of its own, e.g. deploy',
});
