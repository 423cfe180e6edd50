// As `import { ATXPAccount, atxpClient } from '@atxp/client'`, without the libraries of the chains that this loads, too.
import { ATXPAccount } from '@atxp/client/dist/atxpAccount.js';
import { atxpClient } from '@atxp/client/dist/atxpClient.js';
import { ConsoleLogger, DEFAULT_AUTHORIZATION_SERVER, LogLevel } from '@atxp/common';
import { atxpOAuthDb } from '@oauthdb/atxp';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';

const authorizationServer = process.env['ATXP_AUTH_SERVER'] || DEFAULT_AUTHORIZATION_SERVER;

const db = new RedisOAuthDatabase({ url: process.env['REDIS_URL'] || 'redis://localhost:6379' });

const client = await atxpClient({
  mcpServer: process.env['MCP_SERVER'] || 'https://browse.mcp.atxp.ai/',
  account: new ATXPAccount(process.env['ATXP_CONNECTION'] ?? ''),
  // Not oauthDatabase, which ATXP does not know: tokens would be in memory, and gone with it.
  oAuthDb: atxpOAuthDb(db),
  allowedAuthorizationServers: [authorizationServer as `https://${string}`],
  allowHttp: authorizationServer.startsWith('http://localhost:'),
  logger: new ConsoleLogger({ level: LogLevel.WARN }),
});

const { content } = await client.callTool({ name: 'browse', arguments: { url: 'https://example.com' } });
console.log(content);

await client.close();
await db.close();
