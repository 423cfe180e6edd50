import { conformance } from '@oauthdb/core/conformance';
import Database from 'better-sqlite3';
import { describe, it } from 'vitest';
import { SqliteDriver } from '../src/index.ts';
import { temporaryPath } from './temporary.ts';

const path = temporaryPath();
conformance({ describe, it }, { name: 'a file', open: () => new SqliteDriver({ path }) });

const client = new Database(':memory:');
conformance({ describe, it }, { name: ':memory:', open: () => new SqliteDriver({ client }) });
