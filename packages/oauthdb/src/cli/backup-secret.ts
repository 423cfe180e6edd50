import type { Command } from 'commander';
import type { BackupSecret } from '../backup/index.ts';
import type { Context } from './context.ts';
import { UsageError } from './exit-codes.ts';
import { textOf, withoutNewline } from './settings.ts';

export interface SecretOptions {
  readonly passphraseFile?: string;
  readonly keyFile?: string;
}

export function addSecretOptions(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'the passphrase of the backup; or OAUTHDB_BACKUP_PASSPHRASE')
    .option('--key-file <file>', 'its key instead: 32 bytes in base64; or OAUTHDB_BACKUP_KEY');
}

/** What a backup is encrypted with, by files or the environment. */
export async function backupSecret(
  { env }: Context,
  { passphraseFile, keyFile }: SecretOptions,
): Promise<BackupSecret> {
  if (passphraseFile !== undefined && keyFile !== undefined) {
    throw new UsageError('name one of --passphrase-file and --key-file');
  }
  if (passphraseFile !== undefined)
    return { passphrase: withoutNewline(await textOf(passphraseFile, '--passphrase-file')) };
  if (keyFile !== undefined) return { key: (await textOf(keyFile, '--key-file')).trim() };
  const { OAUTHDB_BACKUP_PASSPHRASE: passphrase, OAUTHDB_BACKUP_KEY: key } = env;
  if (passphrase) return { passphrase };
  return key ? { key } : {};
}
