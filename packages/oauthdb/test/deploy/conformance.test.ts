import { conformance } from '@oauthdb/core/conformance';
import { ioredisDriver } from '@oauthdb/ioredis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { deploy, type Deployed } from './deployed.ts';

// The rights of users.acl suffice for everything: the whole suite passes as the user "oauthdb", on the redis.conf that is deployed.
let deployed: Deployed;

beforeAll(async () => {
  deployed = await deploy();
});

afterAll(() => deployed[Symbol.asyncDispose]());

conformance(
  { describe, it },
  {
    name: 'the user of users.acl',
    prefix: 'oauth:',
    open: () => {
      const { host, port, applicationPassword: password } = deployed;
      return ioredisDriver({ host, port, username: 'oauthdb', password });
    },
  },
);
