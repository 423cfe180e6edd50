import { ATXPAccount, atxpClient } from '@atxp/client';
import { atxpOAuthDb } from '@oauthdb/atxp';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';

const db = new RedisOAuthDatabase({ url: process.env['REDIS_URL'] || 'redis://localhost:6379' });

const client = await atxpClient({
  mcpServer: 'https://browse.mcp.atxp.ai/',
  account: new ATXPAccount(process.env['ATXP_CONNECTION'] ?? ''),
  oAuthDb: atxpOAuthDb(db),
});

const result = await client.callTool({ name: 'browse', arguments: { url: 'https://example.com' } });
console.log(result);

await client.close();
await db.close();
