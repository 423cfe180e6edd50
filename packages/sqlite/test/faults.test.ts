import { faultConformance } from '@oauthdb/core/conformance';
import { describe, it } from 'vitest';
import { fileFaults } from './faults.ts';

faultConformance({ describe, it: it.concurrent }, { faults: fileFaults });
