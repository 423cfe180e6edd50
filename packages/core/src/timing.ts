/**
 * The time that deadlines are measured in: milliseconds that neither a change of the system's clock nor a test that replaces
 * the clock can move; timers of the same kind, and turns of the event loop.
 */
export const monotonicNow: () => number = performance.now.bind(performance);

export const startTimer: typeof setTimeout = setTimeout;
export const stopTimer: typeof clearTimeout = clearTimeout;

export const startTurn: typeof setImmediate = setImmediate;
export const stopTurn: typeof clearImmediate = clearImmediate;
