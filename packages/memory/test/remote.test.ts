import { faultConformance } from '@oauthdb/core/conformance';
import { describe, it } from 'vitest';
import { remoteFaults } from './remote/remote.ts';

faultConformance({ describe, it: it.concurrent }, { name: 'a store behind a wire', faults: remoteFaults() });
