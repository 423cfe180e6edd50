import type { Cli } from '../program.ts';
import { addAccessTokens } from './access-tokens.ts';
import { addBackup } from './backup.ts';
import { addClients } from './clients.ts';
import { addCompletion } from './completion.ts';
import { addConnections } from './connections.ts';
import { addDoctor } from './doctor.ts';
import { addGeneratePassword } from './generate-password.ts';
import { addHeldTokens } from './held-tokens.ts';
import { addMemory } from './memory.ts';
import { addMigrate } from './migrate.ts';
import { addMonitor } from './monitor.ts';
import { addPing } from './ping.ts';
import { addPurge } from './purge.ts';
import { addReencrypt } from './reencrypt.ts';
import { addRefreshTokens } from './refresh-tokens.ts';
import { addRestore } from './restore.ts';
import { addRevoke } from './revoke.ts';
import { addSessions } from './sessions.ts';
import { addServer } from './server.ts';
import { addSlowlog } from './slowlog.ts';
import { addStates } from './states.ts';
import { addStats } from './stats.ts';
import { addUsers } from './users.ts';

/** All commands, in the order of the help. */
export const commands: readonly ((cli: Cli) => void)[] = [
  addDoctor,
  addPing,
  addStats,
  addHeldTokens,
  addClients,
  addUsers,
  addAccessTokens,
  addRefreshTokens,
  addSessions,
  addStates,
  addRevoke,
  addPurge,
  addReencrypt,
  addBackup,
  addRestore,
  addMigrate,
  addServer,
  addMemory,
  addConnections,
  addSlowlog,
  addMonitor,
  addGeneratePassword,
  addCompletion,
];
