import type { FaultBehaviour } from '../case.ts';
import { absence } from './absence.ts';
import { closingBroken } from './closing.ts';
import { crashedIndex } from './crashes.ts';
import { fullness } from './fullness.ts';
import { importingBroken } from './importing.ts';
import { lateEffects } from './late-effects.ts';
import { lostReplies } from './lost-replies.ts';
import { methods } from './methods.ts';
import { overload } from './overload.ts';
import { reencryptionBroken } from './reencryption.ts';
import { cutRevocation } from './revocation.ts';
import { cutRotation } from './rotation.ts';
import { cutSingleUse } from './single-use.ts';
import { trials } from './trials.ts';

/** What a backend must do while, and after, something is broken. */
export const faultBehaviours: readonly FaultBehaviour[] = [
  trials,
  methods,
  absence,
  lateEffects,
  closingBroken,
  fullness,
  lostReplies,
  cutSingleUse,
  cutRotation,
  cutRevocation,
  crashedIndex,
  overload,
  reencryptionBroken,
  importingBroken,
];
