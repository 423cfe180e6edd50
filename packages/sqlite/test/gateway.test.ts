import { conformance } from '@oauthdb/core/conformance';
import { describe, it } from 'vitest';
import { SqliteDriver } from '../src/index.ts';
import { temporaryPath } from './temporary.ts';

const path = temporaryPath();
conformance({ describe, it }, { layout: 'gateway', open: () => new SqliteDriver({ path }) });
