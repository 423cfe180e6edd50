import { isOAuthDatabaseError, OAuthDatabaseError, type OAuthDatabaseErrorCode } from '@oauthdb/core';

type Outcome = 'not_executed' | 'unknown';

interface Translation {
  readonly code: OAuthDatabaseErrorCode;
  readonly message: string;
  /** Default: `not_executed`. */
  readonly outcome?: Outcome;
}

/** What the server says, by the first word of its reply. All but those marked are said instead of carrying a command out. */
const REPLIES: Readonly<Record<string, Translation>> = {
  LOADING: unavailable('Redis is loading its data'),
  BUSY: unavailable('Redis is busy with a script'),
  MASTERDOWN: unavailable('the replica has lost its master'),
  CLUSTERDOWN: unavailable('the cluster is down, or nobody serves the slot'),
  TRYAGAIN: unavailable('the slot is being moved'),
  MOVED: { code: 'OAUTHDB_CONFIG', message: 'this is a node of a cluster: use @oauthdb/redis-cluster' },
  NOREPLICAS: unavailable('there are not enough replicas to write'),
  // Not of the server: see `ReplicatedClient`.
  NOTREPLICATED: {
    code: 'OAUTHDB_NOT_REPLICATED',
    message: 'changed, but too few replicas have it yet',
    outcome: 'unknown',
  },
  READONLY: { code: 'OAUTHDB_READONLY', message: 'this Redis is a replica and takes no writes' },
  OOM: { code: 'OAUTHDB_STORE_FULL', message: 'Redis has no memory left (maxmemory)' },
  MISCONF: { code: 'OAUTHDB_STORE_FULL', message: 'Redis cannot save to its disk and takes no writes' },
  NOAUTH: { code: 'OAUTHDB_AUTH', message: 'Redis asks for a password' },
  WRONGPASS: { code: 'OAUTHDB_AUTH', message: 'Redis refuses the user or the password' },
  NOPERM: { code: 'OAUTHDB_AUTH', message: 'the user may not use a command or a key that is needed' },
  DENIED: { code: 'OAUTHDB_CONFIG', message: 'Redis is in protected mode and refuses connections from here' },
  CROSSSLOT: { code: 'OAUTHDB_CONFIG', message: 'this is a cluster: use @oauthdb/redis-cluster' },
  WRONGTYPE: {
    code: 'OAUTHDB_CORRUPT',
    message: 'a key holds a value of another type than this library writes',
    outcome: 'unknown',
  },
};

/** Replies whose first word says too little, and errors of client libraries, by what they say. */
const SENTENCES: readonly (readonly [RegExp, Translation])[] = [
  // Of a cluster's client, after as many refusals.
  [/too many cluster redirections/i, unavailable('the cluster is being changed')],
  [/No such master with that name/i, config('the sentinels know no master of that name')],
  [/max number of clients/, unavailable('Redis has too many clients')],
  [
    /DB index is out of range|invalid DB index|SELECT is not allowed/,
    config('there is no such database (db)'),
  ],
  [
    /invalid password|no password is set|without any password/,
    auth('Redis refuses the user or the password'),
  ],
  [/unknown command|wrong number of arguments/, config('Redis does not know a command that is needed')],
  // Inside of a script, where something may have been written before it.
  [
    /can't run this command|can't access|ACL failure/,
    { ...auth('the user may not do all that is needed'), outcome: 'unknown' },
  ],
  [
    /isn't writeable|isn't ready|client is offline|client is closed/i,
    unavailable('there is no connection to Redis'),
  ],
];

/** Codes of Node.js and OpenSSL that tell of TLS or of an option, so that no later attempt can succeed. */
const PERMANENT =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|ERR_INVALID_ARG|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** The codes under which nothing was connected, so that nothing was sent. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EACCES|ENOENT)$/;

/** What came of a command that a client rejected. */
export function commandError(error: unknown): OAuthDatabaseError {
  if (isOAuthDatabaseError(error)) return error;
  const {
    code,
    message,
    outcome = 'not_executed',
  } = translate(error) ?? {
    ...unavailable('the connection to Redis was lost'),
    outcome: 'unknown',
  };
  return new OAuthDatabaseError(code, message, { outcome, cause: error });
}

/** Why there is no connection, for a command that was not sent. */
export function connectionError(failure: unknown): OAuthDatabaseError {
  const said = isOAuthDatabaseError(failure) ? failure : translate(failure);
  const { code, message } = said ?? unavailable('Redis cannot be reached');
  return new OAuthDatabaseError(code, message, { outcome: 'not_executed', cause: failure });
}

/** For a client of somebody else's that is set up to give, say, buffers. */
export function notStringsError(): OAuthDatabaseError {
  const message = 'the Redis client gives values as something else than strings';
  return new OAuthDatabaseError('OAUTHDB_CONFIG', message, { outcome: 'unknown' });
}

/** For an answer that cannot be the one to what was asked: the connection has lost count. */
export function misledError(): OAuthDatabaseError {
  const message = 'the connection to Redis gave another answer than was asked for';
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', message, { outcome: 'unknown' });
}

/** Whether only a person can help: to wait for the connection is of no use. */
export function isPermanent({ code }: OAuthDatabaseError): boolean {
  return code === 'OAUTHDB_AUTH' || code === 'OAUTHDB_CONFIG';
}

/** Whether the server says that it has no such script. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

function translate(error: unknown): Translation | undefined {
  if (!(error instanceof Error)) return undefined;
  // A cluster's client says only that no node would do; the reason is beneath.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return translate(error.lastNodeError);
  const { message } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (PERMANENT.test(code)) return config('the TLS connection cannot be made: see the option tls');
  if (NEVER_SENT.test(code)) return unavailable('Redis cannot be reached');
  // Redis before 7 wraps what a command inside of a script says: `ERR Error running script ... -OOM command not allowed`.
  const word = /^([A-Z]+) /.exec(message)?.[1];
  const inner = word === 'ERR' ? / -([A-Z]+) /.exec(message)?.[1] : undefined;
  const reply = REPLIES[inner ?? word ?? ''];
  return reply ?? SENTENCES.find(([says]) => says.test(message))?.[1];
}

function unavailable(message: string): Translation {
  return { code: 'OAUTHDB_UNAVAILABLE', message };
}

function config(message: string): Translation {
  return { code: 'OAUTHDB_CONFIG', message };
}

function auth(message: string): Translation {
  return { code: 'OAUTHDB_AUTH', message };
}
