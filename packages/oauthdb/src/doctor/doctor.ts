import { stat } from 'node:fs/promises';
import { isOAuthDatabaseError, type Finding, type OAuthDatabase } from '@oauthdb/core';
import { inspect } from '../inspect.ts';
import { open, type OpenOptions } from '../open.ts';
import { parseUrl } from '../url.ts';
import { connecting, type Place } from './connecting.ts';
import { contentsFindings } from './contents.ts';
import { passwordFinding } from './password.ts';
import { failed, passed, type Step } from './step.ts';

export interface DoctorOptions {
  readonly url: string;
  readonly options: OpenOptions;
  /** Whether to look through everything that is stored, too. */
  readonly contents: boolean;
}

/** What doctor tells, as soon as it knows it. */
export type Told = { readonly step: Step } | { readonly finding: Finding };

/** What findings of `check()` are about, where they have a step of their own. */
const STEPS: Readonly<Record<string, string>> = {
  missing_permission: 'permissions',
  old_version: 'server version',
};

/** Examines a database, from its name to what is stored in it. Ends with the first step that fails. */
export async function* examine({
  url,
  options,
  contents,
}: DoctorOptions): AsyncGenerator<Told, void, undefined> {
  const target = parseUrl(url);
  if (target.kind === 'sqlite' && target.path !== ':memory:') {
    const there = await file(target.path);
    yield { step: there };
    if (!there.ok) return;
  }
  const password = yield* reach(url, options);
  if (password === false) return;
  await using db = await open(url, options);
  const [health, step] = await working(db);
  yield { step };
  if (health === null) return;
  const findings = [...(await db.check()), ...passwordFinding(password)];
  for (const [code, name] of Object.entries(STEPS)) {
    const finding = findings.find((one) => one.code === code);
    if (finding !== undefined) yield { step: failed(name, finding.message, finding.remedy) };
    else if (code === 'old_version' && health !== '') yield { step: passed(name, health) };
    else if (code === 'missing_permission' && isRedis(url))
      yield { step: passed(name, 'all that is needed') };
  }
  for (const finding of findings) yield { finding };
  if (!contents || !db.supports.scan) return;
  for (const finding of contentsFindings(await db.stats())) yield { finding };
}

/** Goes to a Redis server step by step, and gives the password that was used; `false` where a step failed. */
async function* reach(
  url: string,
  options: OpenOptions,
): AsyncGenerator<Told, string | undefined | false, undefined> {
  if (!isRedis(url)) return undefined;
  const { parseRedisUrl } = await import('@oauthdb/redis-driver');
  const {
    nodes,
    scheme,
    password = options.redis?.password,
  } = parseRedisUrl(
    url,
    ['redis', 'redis+sentinel', 'redis+cluster'].flatMap((one) => [one, one.replace('redis', 'rediss')]),
  );
  const { tls, connectionTimeout = 10_000 } = options.redis ?? {};
  const isSecure = scheme.startsWith('rediss') || (tls !== undefined && tls !== false);
  let reached = false;
  for (const node of nodes) {
    const place: Place = isSecure ? { ...node, tls: typeof tls === 'object' ? tls : {} } : node;
    let ok = true;
    for await (const step of connecting(place, connectionTimeout)) {
      yield { step };
      ok &&= step.ok;
    }
    reached ||= ok;
  }
  // One node of a cluster is enough to find the others.
  if (!reached) return false;
  const step = await authentication(url, options, password !== undefined);
  yield { step };
  return step.ok ? password : false;
}

async function authentication(url: string, options: OpenOptions, withPassword: boolean): Promise<Step> {
  const name = 'authentication';
  const inspector = await inspect(url, { redis: options.redis, commandTimeout: options.commandTimeout });
  try {
    await inspector?.nodes();
    return passed(name, withPassword ? 'the password is right' : 'no password was asked for');
  } catch (error) {
    if (!isOAuthDatabaseError(error)) throw error;
    return failed(
      name,
      `${error.message} (${error.code})`,
      withPassword
        ? 'compare the user and the password with those of the server (ACL LIST, requirepass)'
        : 'pass the password: by REDIS_PASSWORD, or in the URL of OAUTHDB_URL',
    );
  } finally {
    await inspector?.close();
  }
}

function isRedis(url: string): boolean {
  return /^rediss?(\+cluster|\+sentinel)?:/i.test(url);
}

/** Opening a file that is not there would make one. */
async function file(path: string): Promise<Step> {
  try {
    const { size } = await stat(path);
    return passed('file', `${size} bytes`);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return failed(
      'file',
      `it cannot be read (${code})`,
      'look for a typing error in the path; it is relative to here',
    );
  }
}

/** Whether it takes writes and gives them back; its version, where it says one. */
async function working(db: OAuthDatabase): Promise<readonly [version: string | null, step: Step]> {
  const name = 'write and read';
  try {
    const { backend, version, writeMs, readMs, status, reason } = await db.health();
    if (status !== 'ok') {
      const remedy = 'a replica, a full disk or memory, or a read-only file: see below';
      return ['', failed(name, `it takes no writes (${reason})`, remedy)];
    }
    const detail = `written in ${writeMs?.toFixed(1)} ms, read in ${readMs.toFixed(1)} ms`;
    return [version === undefined ? '' : `${backend} ${version}`, passed(name, detail)];
  } catch (error) {
    if (!isOAuthDatabaseError(error)) throw error;
    const isRefused = error.code === 'OAUTHDB_AUTH';
    const remedy = isRefused
      ? 'give the user the rights that oauthdb doctor --acl prints'
      : 'see the message';
    return [isRefused ? '' : null, failed(name, `${error.message} (${error.code})`, remedy)];
  }
}
