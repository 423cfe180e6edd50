import { copyFileSync, existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { RedisOAuthDb } from '@oauthdb/atxp/redis';
import { SqliteOAuthDb } from '@oauthdb/atxp/sqlite';

const [path = 'oauthClient.db'] = process.argv.slice(2);
// A file to try it on, where there is none.
if (process.argv.length === 2 && !existsSync(path)) {
  copyFileSync(new URL('../data/oauthClient.db', import.meta.url), path);
}
if (!existsSync(path)) throw new Error(`there is no file ${path}`);

// With `encrypt` and `decrypt`, if the application has them: the same for both, or what is to be from now on.
const from = new SqliteOAuthDb({ db: path });
const to = new RedisOAuthDb({ redis: process.env['REDIS_URL'] || 'redis://localhost:6379' });

const copied = new Map<string, number>();
for await (const record of from.records()) {
  await to.saveRecord(record);
  copied.set(record.kind, (copied.get(record.kind) ?? 0) + 1);
}
console.log('copied', Object.fromEntries(copied));

// Once more, from the beginning: each has to be on Redis, as it is in the file.
let differing = 0;
for await (const record of from.records()) {
  if (!isDeepStrictEqual(await read(record), record.value)) differing++;
}
console.log(
  differing === 0 ? 'and found all of it on Redis' : `but ${differing} are not on Redis as they were`,
);
process.exitCode = differing === 0 ? 0 : 1;

await from.close();
await to.close();

type OAuthRecord = Parameters<typeof to.saveRecord>[0];

/** What Redis has under a record's name. */
function read(record: OAuthRecord): Promise<unknown> {
  if (record.kind === 'client_credentials') return to.getClientCredentials(record.serverUrl);
  if (record.kind === 'pkce') return to.getPKCEValues(record.userId, record.state);
  return to.getAccessToken(record.userId, record.url);
}
