import { describe, expect, it } from 'vitest';
import {
  parseRedisUrl,
  redisOptions,
  redisOptionsFromEnv,
  type RedisOptions,
  type RedisSettings,
  type SentinelSettings,
} from '../src/index.ts';

const settingsOf = (options: RedisOptions): RedisSettings | undefined =>
  redisOptions(options).settings as RedisSettings | undefined;

describe('the options', () => {
  it('have the documented defaults', () => {
    expect(settingsOf({})).toMatchObject({
      host: 'localhost',
      port: 6379,
      username: undefined,
      password: undefined,
      db: 0,
      tls: undefined,
      connectTimeout: 10_000,
      silenceMs: 2000,
    });
    expect(redisOptions()).toMatchObject({ coalescing: true, database: {} });
    const client = {};
    expect(redisOptions({ client, coalescing: false })).toMatchObject({ client, coalescing: false });
  });

  it('count undefined as left out, and leave to core what is core’s', () => {
    const now = (): number => 1;
    const options = {
      url: undefined,
      host: undefined,
      password: undefined,
      db: undefined,
      client: undefined,
    };
    expect(
      redisOptions({ ...options, keyPrefix: 'p:', commandTimeout: 5, now, tls: undefined }),
    ).toMatchObject({
      settings: { host: 'localhost', db: 0, silenceMs: 5 },
      database: { keyPrefix: 'p:', commandTimeout: 5, now },
    });
  });

  it('give way to the url, which leaves to them what it does not say', () => {
    const options = { host: 'h', port: 1, password: 'p', username: 'u', db: 3 };
    expect(settingsOf({ ...options, url: 'redis://a%40b:c%2Fd%3A@example.com:7000/5' })).toMatchObject({
      host: 'example.com',
      port: 7000,
      username: 'a@b',
      password: 'c/d:',
      db: 5,
    });
    expect(settingsOf({ ...options, url: 'redis://example.com' })).toMatchObject({
      host: 'example.com',
      port: 6379,
      username: 'u',
      password: 'p',
      db: 3,
    });
  });

  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://', { host: 'localhost' }],
    ['REDIS://:pw@/2', { host: 'localhost', username: 'default', password: 'pw', db: 2 }],
    ['redis://user@h', { username: 'user', password: undefined }],
    ['redis://h/', { db: 0 }],
    ['redis://[::1]:7000', { host: '::1', port: 7000 }],
    ['redis://u:p@w@h', { host: 'h', password: 'p@w' }],
    ['rediss://h', { tls: { servername: 'h' } }],
    ['rediss://127.0.0.1', { tls: {} }],
  ])('read %s', (url, settings) => {
    expect(settingsOf({ url })).toMatchObject(settings);
  });

  it('take TLS from the url or the option, and what else there is to it', () => {
    expect(settingsOf({ tls: true })?.tls).toEqual({ servername: 'localhost' });
    expect(settingsOf({ tls: { ca: 'x', servername: 's' } })?.tls).toEqual({ ca: 'x', servername: 's' });
    expect(settingsOf({ tls: false })?.tls).toBeUndefined();
    expect(settingsOf({ url: 'rediss://h', tls: { ca: 'x' } })?.tls).toEqual({ ca: 'x', servername: 'h' });
  });

  it('reconnect soon, then less often, and never all at once', () => {
    const delay = settingsOf({ retryDelayOnFailover: 100 })?.reconnectDelay ?? (() => 0);
    const rounded = [1, 2, 3, 4, 50].map((attempt) => Math.floor(delay(attempt) / 100) * 100);
    expect(rounded).toEqual([100, 200, 400, 500, 500]);
    expect(settingsOf({ retryDelayOnFailover: 3000 })?.reconnectDelay(9)).toBeGreaterThanOrEqual(3000);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown one', { hots: 'h' }, /unknown option hots/],
    ['no object', [] as object, /options must be an object, received an array/],
    ['a host that is none', { host: 7 }, /host must be a string, received a number/],
    ['an empty host', { host: '' }, /host must not be empty/],
    ['a port that is a string', { port: '6379' }, /port must be a whole number, received a string/],
    ['a port that is none', { port: 65_536 }, /port must be from 1 to 65535/],
    ['a db that is none', { db: Number.NaN }, /db must be a whole number, received NaN/],
    ['a negative db', { db: -1 }, /db must be from 0/],
    ['a password that is none', { password: 7 }, /password must be a string, received a number/],
    [
      'a url that is none',
      { url: new URL('redis://u:canary@h') },
      /url must be a string, received an object/,
    ],
    ['tls that is none', { tls: 'yes' }, /tls must be a boolean or an object, received a string/],
    ['tls off beside a url that wants it', { url: 'rediss://h', tls: false }, /tls must not be false/],
    ['a timeout that is none', { connectionTimeout: 0 }, /connectionTimeout must be from 1/],
    ['coalescing that is none', { coalescing: 'no' }, /coalescing must be true or false, received a string/],
    ['a client that is none', { client: 'x' }, /client must be an object, received a string/],
    ['a client that is null', { client: null }, /client must be an object, received null/],
    ['a client and a place', { client: {}, url: 'redis://u:canary@h' }, /url would do nothing/],
    [
      'prefixes that get into each other’s way',
      { keyPrefix: '{oauth:t}:' },
      /the prefix "\{oauth:t\}:" is taken/,
    ],
  ])('are refused with a TypeError: %s', (_, options, message) => {
    const parse = (): unknown => redisOptions(options);
    expect(parse).toThrow(TypeError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/canary/);
  });

  it.each([
    'http://user:canary@h',
    'canary',
    'redis:/user:canary@h',
    'redis://user:canary@h:port',
    'redis://user:canary@h:0',
    'redis://user:canary@h:65536',
    'redis://user:canary@h/db',
    'redis://user:canary@h?db=1',
    'redis://user:canary@h#x',
    'redis://user:%canary@h',
    'redis://user:can/ary@h',
    'redis://user:canary@a,b',
    'redis+cluster://user:canary@h',
    'redis://user:canary@a b',
  ])('show nothing of a url that is wrong: %s', (url) => {
    const parse = (): unknown => redisOptions({ url });
    expect(parse).toThrow(TypeError);
    expect(parse).toThrow(/^url /);
    expect(parse).not.toThrow(/canary|user:|ary@/);
  });
});

describe('a url of several nodes', () => {
  it('names them all', () => {
    expect(parseRedisUrl('redis+cluster://u:p@a:1,b,[::1]:3', ['redis+cluster'])).toEqual({
      scheme: 'redis+cluster',
      username: 'u',
      password: 'p',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6379 },
        { host: '::1', port: 3 },
      ],
      db: undefined,
    });
  });
});

describe('a url of sentinels', () => {
  const sentinelsOf = (options: RedisOptions): SentinelSettings =>
    redisOptions(options).settings as SentinelSettings;

  it('names them, the master and its database; user and password are those of the master', () => {
    const settings = sentinelsOf({ url: 'redis+sentinel://u:p%40@a:1,b/ma%20in/3' });
    expect(settings).toMatchObject({
      name: 'ma in',
      silenceMs: 2000,
      sentinels: [
        { host: 'a', port: 1, username: undefined, password: undefined, db: 0, connectTimeout: 1000 },
        { host: 'b', port: 26_379, username: undefined, password: undefined, db: 0 },
      ],
    });
    expect(settings.node({ host: 'm', port: 7 })).toMatchObject({
      host: 'm',
      port: 7,
      username: 'u',
      password: 'p@',
      db: 3,
      connectTimeout: 10_000,
    });
  });

  it('leaves the rest to the options', () => {
    const options = {
      password: 'p',
      db: 2,
      sentinelPassword: 'sp',
      sentinelUsername: 'su',
      connectionTimeout: 5,
    };
    const settings = sentinelsOf({ ...options, url: 'redis+sentinel://a/main' });
    expect(settings.sentinels).toMatchObject([{ username: 'su', password: 'sp', db: 0, connectTimeout: 5 }]);
    expect(settings.node({ host: 'm', port: 7 })).toMatchObject({
      username: 'default',
      password: 'p',
      db: 2,
    });
  });

  it('asks for TLS everywhere, for the name of each', () => {
    const settings = sentinelsOf({ url: 'rediss+sentinel://a/main', tls: { ca: 'x' } });
    expect(settings.sentinels[0]?.tls).toEqual({ ca: 'x', servername: 'a' });
    expect(settings.node({ host: 'm', port: 7 }).tls).toEqual({ ca: 'x', servername: 'm' });
  });

  it.each<[string, object, RegExp]>([
    ['no name', { url: 'redis+sentinel://u:canary@a,b' }, /^url does not name the master/],
    ['an empty name', { url: 'redis+sentinel://u:canary@a,b/' }, /^url does not name the master/],
    ['too much', { url: 'redis+sentinel://u:canary@a/main/1/2' }, /^url does not name the master/],
    ['a database that is none', { url: 'redis+sentinel://u:canary@a/main/x' }, /database that is no number/],
    [
      'a name that is not encoded as it should',
      { url: 'redis+sentinel://u:canary@a/%' },
      /not percent-encoded/,
    ],
    [
      'a password of no string',
      { url: 'redis+sentinel://a/m', sentinelPassword: 1 },
      /sentinelPassword must be/,
    ],
    [
      'a password without sentinels',
      { url: 'redis://a', sentinelPassword: 'canary' },
      /sentinelPassword would do nothing/,
    ],
    [
      'a password beside a client',
      { client: {}, sentinelPassword: 'canary' },
      /sentinelPassword would do nothing/,
    ],
  ])('is refused with a TypeError: %s', (_, options, message) => {
    expect(() => redisOptions(options)).toThrow(TypeError);
    expect(() => redisOptions(options)).toThrow(message);
    expect(() => redisOptions(options)).not.toThrow(/canary/);
  });
});

describe('the environment', () => {
  it('gives the documented variables', () => {
    const env = { REDIS_URL: 'redis://h', REDIS_PASSWORD: 'pw', REDIS_DB: '3', REDIS_KEY_PREFIX: 'p:' };
    expect(redisOptionsFromEnv(env)).toEqual({ url: 'redis://h', password: 'pw', db: 3, keyPrefix: 'p:' });
  });

  it('counts an empty variable as unset', () => {
    expect(redisOptionsFromEnv({ REDIS_URL: '', REDIS_PASSWORD: '', REDIS_DB: '' })).toEqual({});
    expect(redisOptionsFromEnv({})).toEqual({});
  });

  it('refuses a database that is no number', () => {
    expect(() => redisOptionsFromEnv({ REDIS_DB: '1x' })).toThrow(TypeError);
  });
});
