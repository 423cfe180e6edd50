import { parseArgs } from 'node:util';

export const HELP = `Three programs on oauthdb, line by line: an application that holds tokens, a server that issues them, and an MCP server with
its client, over HTTP.

npm run demo                    on a SQLite file that is deleted afterwards
npm run demo -- --db <url>      on a database of yours, under keys that are deleted afterwards:
                                  memory:
                                  sqlite:./path.db
                                  redis://[[user][:password]@]host[:port][/db]      rediss:// by TLS
                                  redis+sentinel://host:port,host:port/name       rediss+sentinel:// by TLS
                                  redis+cluster://host:port,host:port             rediss+cluster:// by TLS
npm run demo -- --help          this`;

/** Throws a `TypeError` that says what is wrong, and shows nothing of it: it may be a URL with a password. */
export function parseArguments(args: readonly string[]): { db: string | undefined; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { db: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    return { db: values.db, help: values.help };
  } catch {
    throw new TypeError('give no arguments, or --db <url>, or --help');
  }
}
