import { randomBytes } from 'node:crypto';
import type { Client, ClientMetadata, OAuthDatabase } from '@oauthdb/core';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT, Failure, UsageError } from '../exit-codes.ts';
import { given } from '../given.ts';
import { nounOf } from '../kinds.ts';
import { maskedRecord } from '../mask.ts';
import { moment } from '../parse.ts';
import type { Cli } from '../program.ts';
import { countOf, issued, type Counted } from '../revoking.ts';
import { writeNew } from '../secret-file.ts';
import { textOf } from '../settings.ts';
import { addRecords } from './records.ts';

interface RegisterOptions {
  readonly name?: string;
  readonly redirectUri?: string[];
  readonly scope?: string;
  readonly public?: boolean;
  readonly metadata?: string;
  readonly output?: string;
  readonly expires?: number;
  readonly dryRun?: boolean;
}

interface DeleteOptions {
  readonly dryRun?: boolean;
}

export function addClients(cli: Cli): void {
  const group = addRecords(cli, nounOf('clients'));
  group
    .command('register')
    .description('Register a client, with a secret of its own unless it is public')
    .argument('[client_id]', 'its id; left out, one is made')
    .option('--name <name>', 'client_name')
    .option('--redirect-uri <uri>', 'one of redirect_uris; repeat it for more', collect)
    .option('--scope <scope>', 'what it may ask for')
    .option('--public', 'without a secret: token_endpoint_auth_method none')
    .option('--metadata <file>', 'its metadata as JSON (RFC 7591); "-" is standard input; options go first')
    .option(
      '--output <file>',
      'write the registration, with its secret, to a new file that only you can read',
    )
    .option('--expires <time>', 'when it ends: ISO 8601, or a duration (default: 90d)', moment(1))
    .option('--dry-run', 'show what would be registered')
    .addHelpText(
      'after',
      examples(
        'oauthdb clients register --name "My MCP Client" --redirect-uri http://localhost:8080/callback --output client.json',
        'oauthdb clients register client_123 --public --redirect-uri https://app.example/callback',
        'oauthdb clients register --metadata metadata.json --show-secrets',
      ),
    )
    .action(cli.action(register));
  group
    .command('delete')
    .description('Delete registrations and all that was issued to them: codes, access and refresh tokens')
    .argument('<client_id...>')
    .option('--dry-run', 'count what would be deleted')
    .addHelpText(
      'after',
      examples(
        'oauthdb clients delete client_123 --dry-run',
        'oauthdb clients delete client_123 client_456 --yes',
      ),
    )
    .action(
      cli.action((context, ids: string[], { dryRun = false }: DeleteOptions) => remove(context, ids, dryRun)),
    );
}

function collect(one: string, others: readonly string[] | undefined): string[] {
  return [...(others ?? []), one];
}

async function register(context: Context, id: string | undefined, options: RegisterOptions): Promise<void> {
  const { out, masking } = context;
  const { output, dryRun = false } = options;
  const metadata = await metadataOf(context, id, options);
  if (metadata['client_secret'] !== undefined && output === undefined && !masking.show && !dryRun) {
    throw new UsageError(
      'nobody would see the secret: say --output <file>, or --show-secrets, or --public for a client without one',
    );
  }
  if (dryRun) return out.record(maskedRecord(metadata, masking));
  const { clients } = await context.db();
  const registration = await clients.register(metadata as ClientMetadata);
  if (registration.status !== 'registered') throw new Failure('there is a client of this id', EXIT.no);
  const { client } = registration;
  if (output !== undefined) await save(clients, output, client);
  await out.record(maskedRecord(client, masking));
}

/** The file is new, so that no other client's secret is lost; without it, the registration is of no use. */
async function save(clients: OAuthDatabase['clients'], file: string, client: Client): Promise<void> {
  try {
    await writeNew(file, `${JSON.stringify(client, null, 2)}\n`, '--output');
  } catch (error) {
    await clients.delete(client.client_id);
    throw error;
  }
}

async function metadataOf(
  context: Context,
  id: string | undefined,
  { name, redirectUri, scope, public: isPublic = false, metadata, expires }: RegisterOptions,
): Promise<Record<string, unknown>> {
  const base =
    metadata === undefined
      ? {}
      : parsed(
          metadata === '-' ? await given(context, '-', 'metadata') : await textOf(metadata, '--metadata'),
        );
  const merged: Record<string, unknown> = {
    ...base,
    client_id: id ?? base['client_id'] ?? `client_${randomBytes(16).toString('base64url')}`,
    ...(name === undefined ? {} : { client_name: name }),
    ...(redirectUri === undefined ? {} : { redirect_uris: redirectUri }),
    ...(scope === undefined ? {} : { scope }),
    ...(isPublic ? { token_endpoint_auth_method: 'none' } : {}),
    ...(expires === undefined ? {} : { expires_at: new Date(expires) }),
  };
  if (merged['redirect_uris'] === undefined) throw new UsageError('name a --redirect-uri at least');
  if (merged['token_endpoint_auth_method'] === 'none') delete merged['client_secret'];
  else merged['client_secret'] ??= randomBytes(32).toString('base64url');
  const { client_id, ...rest } = merged;
  return { client_id, client_id_issued_at: Math.floor(Date.now() / 1000), ...rest };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // What is in it is not shown: it may be a secret.
  }
  throw new UsageError('the metadata must be a JSON object');
}

async function remove(context: Context, names: readonly string[], dryRun: boolean): Promise<number> {
  const ids = [...new Set(names)];
  if (!dryRun)
    await context.confirm(
      `Delete ${ids.length === 1 ? 'the client' : `${ids.length} clients`} and all that was issued to ${ids.length === 1 ? 'it' : 'them'}?`,
    );
  const db = await context.db();
  let [clients, missing] = [0, 0];
  const total: Counted = { accessTokens: 0, refreshTokens: 0, codes: 0, sessions: 0 };
  for (const id of ids) {
    const there = dryRun ? (await db.clients.get(id)) !== null : undefined;
    const { deleted, revoked } =
      there === undefined
        ? await db.clients.delete(id)
        : { deleted: there, revoked: await issued(db, { clientId: id }) };
    if (deleted) clients++;
    else missing++;
    for (const kind of Object.keys(total) as (keyof Counted)[]) total[kind] += revoked[kind];
  }
  if (context.out.json) await context.out.value({ clients, missing, revoked: total, dry_run: dryRun });
  else {
    await context.out.line(
      `${dryRun ? 'would delete' : 'deleted'} ${clients} client${clients === 1 ? '' : 's'}, ${countOf(total)}${missing === 0 ? '' : `; ${missing} not there`}`,
    );
  }
  return missing === 0 ? EXIT.ok : EXIT.no;
}
