import { Option, type Command } from 'commander';
import { positive } from './parse.ts';

/** What every command takes. */
export interface GlobalOptions {
  readonly db?: string;
  readonly layout?: 'oauthdb' | 'gateway';
  readonly keyPrefix?: string;
  readonly serverKeyPrefix?: string;
  readonly handles?: 'hashed' | 'plain';
  readonly secretKeys?: string;
  readonly pepperFile?: string;
  readonly library?: 'ioredis' | 'node-redis';
  readonly tlsCa?: string;
  readonly timeout?: number;
  readonly json?: boolean;
  readonly showSecrets?: boolean;
  readonly yes?: boolean;
}

export function addGlobalOptions(program: Command): void {
  program
    .option('--db <url>', 'the database; default: OAUTHDB_URL, or the REDIS_* variables')
    .addOption(
      new Option('--layout <name>', 'how records are laid out, if not as this library does').choices([
        'oauthdb',
        'gateway',
      ]),
    )
    .option('--key-prefix <prefix>', 'before the keys of tokens that are held (default: atxp:oauth:)')
    .option('--server-key-prefix <prefix>', 'before the keys of what is issued (default: oauth:)')
    .addOption(
      new Option('--handles <form>', 'what stands in keys in place of secrets').choices(['hashed', 'plain']),
    )
    .option(
      '--secret-keys <file>',
      'keys that seal what is stored, a line "id:base64" each; or OAUTHDB_SECRET_KEYS',
    )
    .option('--pepper-file <file>', 'the pepper of handles; or OAUTHDB_PEPPER')
    .addOption(
      new Option('--library <name>', 'the client library for redis://').choices(['ioredis', 'node-redis']),
    )
    .option('--tls-ca <file>', 'the certificate authority to trust, PEM; or OAUTHDB_TLS_CA')
    .option('--timeout <ms>', 'how long a call to the database may take (default: 2000)', positive)
    .option('--json', 'results for machines: one JSON value, or one for each line of a listing')
    .option('--show-secrets', 'show tokens, codes and client secrets instead of masking them')
    .option('-y, --yes', 'answer yes to what would be asked');
}
