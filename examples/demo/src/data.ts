/** Recorded from real programs; data/README.md tells which. */
import atxpEntries from '../data/atxp-redis.json' with { type: 'json' };
import tokenResponse from '../data/token-response.json' with { type: 'json' };

export { atxpEntries, tokenResponse };
