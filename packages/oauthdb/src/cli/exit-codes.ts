import { isOAuthDatabaseError, type OAuthDatabaseErrorCode } from '@oauthdb/core';

/** What the command's exit codes mean; scripts rely on them. */
export const EXIT = {
  /** Done; or yes; or healthy. */
  ok: 0,
  /** No: there is no such thing, or somebody said no, or there are warnings. */
  no: 1,
  /** The command was not used as it can be, and nothing was done. */
  usage: 2,
  /** The database cannot be reached, or does not answer in time: try again. */
  unreachable: 3,
  /** The database refuses: the credentials, the rights, its configuration, a full disk. Only a person can help. */
  refused: 4,
  /** Data that is damaged, was changed, or cannot be decrypted; and a backup that is. */
  damaged: 5,
  /** doctor found an error. */
  sick: 6,
  /** A fault of this program. */
  internal: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

const byCode: Readonly<Partial<Record<OAuthDatabaseErrorCode, number>>> = {
  OAUTHDB_TIMEOUT: EXIT.unreachable,
  OAUTHDB_UNAVAILABLE: EXIT.unreachable,
  OAUTHDB_OVERLOADED: EXIT.unreachable,
  OAUTHDB_INTEGRITY: EXIT.damaged,
  OAUTHDB_CORRUPT: EXIT.damaged,
  OAUTHDB_UNDECRYPTABLE: EXIT.damaged,
};

/** What somebody asked for that this command cannot do. Its message is shown as it is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends a command with an exit code and, on standard error, a line. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What to exit with after an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Failure) return error.exitCode;
  if (isOAuthDatabaseError(error)) return byCode[error.code] ?? EXIT.refused;
  // Misuse of the library by what was typed.
  if (error instanceof UsageError || error instanceof TypeError) return EXIT.usage;
  return isSystemError(error) ? EXIT.refused : EXIT.internal;
}

/** One line that says what is the matter. No stack, and of errors that nobody wrote for users their class only. */
export function lineOf(error: unknown): string {
  if (isOAuthDatabaseError(error)) return `${error.message} (${error.code})`;
  if (error instanceof UsageError || error instanceof Failure || error instanceof TypeError)
    return error.message;
  if (isSystemError(error)) return `${error.syscall ?? 'the system'} failed: ${error.code}`;
  return `an unexpected ${error instanceof Error ? error.constructor.name : 'error'}; please report it`;
}

/** Of files and sockets: its message may hold a path, which may hold anything, and its code says enough. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'code' in error && typeof error.code === 'string';
}
