import { exportedKinds, type ExportedKind, type Imported, type ImportMode } from '@oauthdb/core';
import { Option } from 'commander';
import { foreignLayouts, isForeign, type ForeignLayoutName } from '../../migrate/foreign-layouts.ts';
import { migrate, type Compared, type Migrated, type MigrationSource } from '../../migrate/index.ts';
import { LeftOuts, type LeftOutCount } from '../../migrate/left-out.ts';
import { open } from '../../open.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { kindList } from '../kind-names.ts';
import { duration } from '../parse.ts';
import { Progress } from '../progress.ts';
import type { Cli } from '../program.ts';
import { holdsPassword, optionsOf } from '../settings.ts';

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly fromLayout?: 'oauthdb' | 'gateway' | ForeignLayoutName;
  readonly fromKeyPrefix?: string;
  readonly fromServerKeyPrefix?: string;
  readonly fromHandles?: 'hashed' | 'plain';
  readonly fromSecretKeys?: string;
  readonly fromPepperFile?: string;
  readonly kinds?: readonly ExportedKind[];
  readonly mode: ImportMode;
  readonly follow?: boolean;
  readonly pause: number;
  readonly verify: boolean;
  readonly dryRun?: boolean;
}

export function addMigrate(cli: Cli): void {
  cli.program
    .command('migrate')
    .description(
      'Copy a database into another one, while both are in use, and compare them; nobody is logged out',
    )
    .option('--from <url>', 'the source; or OAUTHDB_FROM_URL, its password OAUTHDB_FROM_PASSWORD')
    .option('--to <url>', 'the target; default: the database of every command, whose options count for it')
    .addOption(
      new Option(
        '--from-layout <name>',
        "the layout of the source; atxp: of the ATXP SDK's own classes",
      ).choices(['oauthdb', 'gateway', ...Object.keys(foreignLayouts)]),
    )
    .option('--from-key-prefix <prefix>', 'its prefix of tokens that are held')
    .option('--from-server-key-prefix <prefix>', 'its prefix of what is issued')
    .addOption(new Option('--from-handles <form>', 'its handles').choices(['hashed', 'plain']))
    .option('--from-secret-keys <file>', 'its secret keys; or OAUTHDB_FROM_SECRET_KEYS')
    .option('--from-pepper-file <file>', 'its pepper; or OAUTHDB_FROM_PEPPER')
    .option('--kinds <kinds>', 'such as clients,access-tokens (default: all)', kindList)
    .addOption(
      new Option('--mode <mode>', 'what is there already: the newer one stays, it stays, or it is replaced')
        .choices(['merge', 'skip', 'replace'])
        .default('merge'),
    )
    .option(
      '--follow',
      'go on and copy what changes at the source, until Ctrl-C: then once more, and the comparison',
    )
    .option('--pause <duration>', 'with --follow: how long to wait between two passes', duration, 1000)
    .option('--no-verify', 'without the comparison')
    .option('--dry-run', 'count what would be done')
    .addHelpText(
      'after',
      `${examples(
        'oauthdb migrate --from sqlite:./oauth.db --to redis://localhost:6379 --dry-run',
        'oauthdb migrate --from sqlite:./oauth.db --to redis://localhost:6379',
        'oauthdb migrate --from redis://old:6379 --from-layout gateway --to redis://new:6379 --follow',
        'oauthdb migrate --from sqlite:./oauthClient.db --from-layout atxp --to redis://localhost:6379',
        'oauthdb migrate --from redis://localhost --from-layout keyv --from-key-prefix ns::ns: --to sqlite:./oauth.db',
        'oauthdb migrate --from redis://localhost --from-layout connect-redis --to redis://localhost',
        'oauthdb migrate --from redis://localhost --from-layout oidc-provider --to sqlite:./oauth.db',
      )}
If it is interrupted, run it again. Without a stop: start it with --follow, let the application write to the target, and
press Ctrl-C; what was written to the source until then is copied in the last pass.

With --from-layout atxp, an application finds everything by atxpOAuthDb(open(url)) of @oauthdb/atxp. What ATXP's class has
encrypted is copied as it is stored: for that there is atxpSource(db, { decrypt }), in code.

keyv (of @keyv/redis and @keyv/sqlite) brings tokens that are held, connect-redis the sessions of express-session, and oidc-provider
what its example adapter for Redis keeps. Before their keys they have keyv::keyv:, sess: and oidc: on Redis, unless --from-key-prefix
(keyv) or --from-server-key-prefix says otherwise. What is not copied is counted; where something cannot be read, it ends with 5.
`,
    )
    .action(cli.action(work));
}

async function work(context: Context, options: Options): Promise<number> {
  const { follow = false, dryRun = false, mode } = options;
  if (mode === 'replace' && !dryRun)
    await context.confirm('Replace what is in the target, the newer included?');
  const from = await source(context, options);
  const to = await context.db(options.to);
  if (dryRun) {
    const { kinds = exportedKinds } = options;
    const leftOuts = new LeftOuts();
    const counts = await to.import(from.export({ kinds, leftOut: leftOuts.add }), { mode, dryRun });
    return printDry(context, counts, leftOuts.counts);
  }
  const progress = new Progress(context.out);
  if (follow) {
    context.stopsItself();
    context.out.note('following; Ctrl-C ends it, after one more pass');
  }
  try {
    const migrated = await context.finishing(
      migrate({
        from,
        to,
        mode,
        follow,
        kinds: options.kinds,
        pauseMs: options.pause,
        verify: options.verify,
        signal: context.signal,
        onProgress: ({ phase, records, pass }) =>
          progress.update(pass > 1 && phase === 'follow' ? `pass ${pass}` : phase, records, null),
      }),
    );
    progress.stop();
    return await print(context, migrated);
  } finally {
    progress.stop();
  }
}

/** The source has options of its own, and none of the target's. */
async function source(context: Context, options: Options): Promise<MigrationSource> {
  const { env } = context;
  const url = options.from ?? env['OAUTHDB_FROM_URL'];
  if (url === undefined || url === '') throw new UsageError('name the source: --from, or OAUTHDB_FROM_URL');
  if (options.from !== undefined && holdsPassword(options.from)) {
    context.out.warn(
      'everybody on this machine can read a password in --from: put the URL into OAUTHDB_FROM_URL',
    );
  }
  const { library, tlsCa, timeout } = context.options;
  const { fromLayout: layout } = options;
  if (isForeign(layout)) refuseUnfit(layout, options, url);
  const given = {
    ...(layout === undefined || isForeign(layout) ? {} : { layout }),
    ...(options.fromKeyPrefix === undefined ? {} : { keyPrefix: options.fromKeyPrefix }),
    ...(options.fromServerKeyPrefix === undefined ? {} : { serverKeyPrefix: options.fromServerKeyPrefix }),
    ...(options.fromHandles === undefined ? {} : { handles: options.fromHandles }),
    ...(options.fromSecretKeys === undefined ? {} : { secretKeys: options.fromSecretKeys }),
    ...(options.fromPepperFile === undefined ? {} : { pepperFile: options.fromPepperFile }),
    ...(library === undefined ? {} : { library }),
    ...(tlsCa === undefined ? {} : { tlsCa }),
    ...(timeout === undefined ? {} : { timeout }),
  };
  const own = {
    REDIS_PASSWORD: env['OAUTHDB_FROM_PASSWORD'],
    OAUTHDB_SECRET_KEYS: env['OAUTHDB_FROM_SECRET_KEYS'],
    OAUTHDB_PEPPER: env['OAUTHDB_FROM_PEPPER'],
    OAUTHDB_TLS_CA: env['OAUTHDB_TLS_CA'],
  };
  const opening = await optionsOf(given, own);
  return context.closing(await (isForeign(layout) ? foreignLayouts[layout] : { open }).open(url, opening));
}

/** Other programs know no more than a prefix, and ATXP's classes that on Redis only. */
function refuseUnfit(layout: ForeignLayoutName, options: Options, url: string): void {
  const { program, prefix } = foreignLayouts[layout];
  const hasNone = layout === 'atxp' && /^sqlite:/i.test(url);
  const isFit = (one: typeof prefix): boolean => prefix === one && !hasNone;
  const unfit = [
    ['--from-server-key-prefix', isFit('serverKeyPrefix') ? undefined : options.fromServerKeyPrefix],
    ['--from-handles', options.fromHandles],
    ['--from-secret-keys', options.fromSecretKeys],
    ['--from-pepper-file', options.fromPepperFile],
    ['--from-key-prefix', isFit('keyPrefix') ? undefined : options.fromKeyPrefix],
  ] as const;
  const [name] = unfit.find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) throw new UsageError(`${name} is nothing that data of ${program} has`);
}

async function printDry({ out }: Context, counts: Imported, left: readonly LeftOutCount[]): Promise<number> {
  if (out.json) await out.value({ ...counts, left_out: left, dry_run: true });
  else {
    await out.record({ ...counts });
    for (const line of leftInWords(left)) await out.line(line);
  }
  return isAllRead(left) ? EXIT.ok : EXIT.damaged;
}

async function print({ out }: Context, { compared, leftOut: left, ...counts }: Migrated): Promise<number> {
  if (out.json) await out.value({ ...counts, compared, left_out: left });
  else {
    await out.record({ ...counts });
    if (compared !== null) await out.line(inWords(compared));
    for (const line of leftInWords(left)) await out.line(line);
  }
  if (compared !== null && compared.missing > 0) return EXIT.no;
  return isAllRead(left) ? EXIT.ok : EXIT.damaged;
}

function isAllRead(left: readonly LeftOutCount[]): boolean {
  return left.every(hasNoPlace);
}

function leftInWords(left: readonly LeftOutCount[]): string[] {
  const [unfit, unread] = [left.filter(hasNoPlace), left.filter((one) => !hasNoPlace(one))];
  const lines = [];
  if (unfit.length > 0)
    lines.push(`not copied: ${unfit.map(({ count, what }) => `${count} ${what}`).join(', ')}`);
  const why = (one: LeftOutCount): string => one.why.replaceAll('_', ' ');
  if (unread.length > 0)
    lines.push(`cannot be read: ${unread.map((one) => `${one.count} ${one.what} (${why(one)})`).join(', ')}`);
  return lines;
}

function hasNoPlace({ why }: LeftOutCount): boolean {
  return why === 'no_place';
}

function inWords({ same, different, missing, ended }: Compared): string {
  const others = [
    [different, 'say something else'],
    [missing, 'are missing'],
    [ended, 'are known there as used or revoked'],
  ] as const;
  const some = others.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
  return `compared: ${same} are the same${some.join('')}`;
}
