import type { Chapter } from '../chapter.ts';
import { holdingTokens } from './holding-tokens.ts';
import { issuingGrants } from './issuing-grants.ts';
import { servingMcp } from './serving-mcp.ts';

export const chapters: readonly Chapter[] = [holdingTokens, issuingGrants, servingMcp];
