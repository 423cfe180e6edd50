import { describe, it } from 'node:test';
import { conformance } from '@oauthdb/core/conformance';
import { MemoryDriver, MemoryStore } from '../src/index.ts';

const store = new MemoryStore();
conformance({ describe, it }, { open: () => new MemoryDriver(store) });
