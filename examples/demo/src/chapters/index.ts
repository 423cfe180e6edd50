import type { Chapter } from '../chapter.ts';
import { holdingTokens } from './holding-tokens.ts';

export const chapters: readonly Chapter[] = [holdingTokens];
