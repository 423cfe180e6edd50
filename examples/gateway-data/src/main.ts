import { open } from 'oauthdb';

const [command = 'show', username = 'octocat'] = process.argv.slice(2);

// The gateway's own Redis, beside its authorization service: it goes on reading and writing the same keys.
const db = await open(process.env['REDIS_URL'] || 'redis://localhost:6379', { layout: 'gateway' });

if (command === 'show') {
  console.log('clients');
  for await (const { client_id, client_name, redirect_uris, scope } of db.clients.list()) {
    console.log({ client_id, client_name, redirect_uris, scope });
  }
  console.log(`access tokens of ${username}`);
  for await (const { jti, client_id, scope, expires_at } of db.accessTokens.list({ username })) {
    console.log({ jti, client_id, scope, expires_at });
  }
  // A refresh token is a secret, and so is the handle that it is stored under.
  let refreshTokens = 0;
  for await (const { client_id } of db.refreshTokens.list({ username })) if (client_id) refreshTokens++;
  console.log(`refresh tokens of ${username}: ${refreshTokens}`);
} else if (command === 'revoke') {
  console.log(`revoked of ${username}`, await db.revoke({ username }));
} else {
  console.error('usage: npm run example gateway-data [show | revoke] [username]');
  process.exitCode = 1;
}

await db.close();
