import { conformance } from '@oauthdb/core/conformance';
import { describe, it } from 'vitest';
import { MemoryDriver, MemoryStore } from '../src/index.ts';

const store = new MemoryStore();
conformance({ describe, it }, { layout: 'gateway', open: () => new MemoryDriver(store) });
