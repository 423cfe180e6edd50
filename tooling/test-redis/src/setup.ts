import type { TestProject } from 'vitest/node';
import type { ClusterNodes } from './cluster.ts';
import * as kinds from './kinds.ts';
import type { Sentinels } from './sentinel.ts';
import type { Standalone } from './standalone.ts';
import type { Tls } from './tls.ts';

/** A kind of server that a test project can ask for, with `provide: { redis: [...] }`. */
export type Kind = keyof typeof kinds;

declare module 'vitest' {
  interface ProvidedContext {
    redis?: readonly Kind[];
    standalone: Standalone;
    tls: Tls;
    cluster: ClusterNodes;
    sentinel: Sentinels;
  }
}

/** Starts, all at once, what the projects of this run ask for. */
export default async function setup(root: TestProject): Promise<() => Promise<void>> {
  const wanted = new Set(root.vitest.projects.flatMap(({ config }) => config.provide.redis ?? []));
  const began = performance.now();
  const started = await Promise.allSettled(
    [...wanted].map(async (kind) => ({ kind, ...(await kinds[kind]()) })),
  );
  const good = started.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  const stop = async (): Promise<void> => {
    await Promise.all(good.map((one) => one.stop()));
  };
  const bad = started.find((one) => one.status === 'rejected');
  if (bad !== undefined) {
    await stop();
    // Only the message: where in this directory it was thrown helps nobody.
    throw Object.assign(new Error(`No redis for the tests: ${(bad.reason as Error).message}`), { stack: '' });
  }
  for (const { kind, at } of good) root.provide(kind, at);
  if (good.length > 0) {
    const ms = Math.round(performance.now() - began);
    console.log(`redis for the tests: ${good.map((one) => one.kind).join(', ')} in ${ms} ms`);
  }
  return stop;
}
