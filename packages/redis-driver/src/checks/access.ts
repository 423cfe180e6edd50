import type { Finding } from '@oauthdb/core';
import type { Facts } from './facts.ts';

/** Whoever reaches the server may do anything. */
export function defaultUser({ defaultUser: flags, config }: Facts): Finding[] {
  if (flags === undefined || !flags.includes('on') || !flags.includes('nopass')) return [];
  const inside = config['bind'] !== undefined && config['bind'].split(' ').every(isLoopback);
  return [
    {
      code: 'open_default_user',
      severity: inside ? 'warning' : 'error',
      message: `the user "default" needs no password${inside ? ', on this machine' : ''}`,
      meaning: 'whoever reaches the server reads and replaces every token',
      remedy: 'set requirepass, or ACL SETUSER default off',
    },
  ];
}

/** Everything, the password included, can be read on the way. */
export function plaintext({ client, config, info }: Facts): Finding[] {
  const { addr, laddr } = client;
  if (addr === undefined || addr === '' || isLoopback(hostOf(addr)) || addr.startsWith('/')) return [];
  const tlsPorts = [config['tls-port'], ...tlsListeners(info)];
  const known = config['tls-port'] !== undefined || Object.hasOwn(info, 'listener0');
  if (!known || tlsPorts.includes(portOf(laddr ?? ''))) return [];
  return [
    {
      code: 'plaintext',
      severity: 'error',
      message: 'the connection leads to another machine, without TLS',
      meaning: 'whoever is on the way reads the password, and every token',
      remedy: 'set tls-port on the server, and use rediss://',
    },
  ];
}

/** The ports that `INFO` shows for TLS: `listener1: name=tls,bind=*,port=6380`. */
function tlsListeners(info: Facts['info']): (string | undefined)[] {
  return Object.entries(info)
    .filter(([name, value]) => name.startsWith('listener') && /(^|,)name=tls(,|$)/.test(value))
    .map(([, value]) => /(?:^|,)port=(\d+)/.exec(value)?.[1]);
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^-?\[?|\]$/g, '');
  return bare === '::1' || bare === 'localhost' || /^(::ffff:)?127\./.test(bare);
}
