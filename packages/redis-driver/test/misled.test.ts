import { expect, it, onTestFinished } from 'vitest';
import { ClientThrough } from '../src/client-through.ts';
import { IoredisClient, RedisDriver } from '../src/index.ts';
import { connect, namespace, soon } from './server.ts';

/** A connection that gives, once it is disturbed, each answer to the call behind the one that it belongs to. */
class Shifted extends ClientThrough {
  reconnected = 0;
  last: unknown;
  #left: Promise<unknown> | undefined;

  disturb(answer: unknown): void {
    this.#left = Promise.resolve(answer);
  }

  override send(key: string, args: readonly string[]): Promise<unknown> {
    const answer = this.client.send(key, args).then((reply) => (this.last = reply));
    if (this.#left === undefined) return answer;
    const earlier = this.#left;
    this.#left = answer;
    answer.catch(() => {});
    return earlier;
  }

  override reconnect(): void {
    this.reconnected++;
    this.#left = undefined;
  }
}

async function open(): Promise<{ client: Shifted; driver: RedisDriver; key: string }> {
  const client = new Shifted(new IoredisClient(connect(), { isOurs: false }));
  const driver = new RedisDriver(client);
  onTestFinished(() => driver.close());
  const key = `${namespace()}k`;
  await driver.read([key], soon());
  return { client, driver, key };
}

const put = (key: string, value: string) => ({ puts: [{ key, value, expiresAt: null }] });
const take = (key: string) => ({ key, attempt: 'a', rememberMs: 1000 });
const misled = { code: 'OAUTHDB_UNAVAILABLE', outcome: 'unknown' };

it.each(['OK', 1, null, 'garbage', [], ['done', 1], ['joined', 1]])(
  'takes %j for no answer to a change, and the connection is made anew',
  async (answer) => {
    const { client, driver, key } = await open();
    client.disturb(answer);
    await expect(driver.commit(put(key, 'v'), soon())).rejects.toMatchObject({ outcome: 'unknown' });
    expect(client.reconnected).toBe(1);
    expect(await driver.commit(put(key, 'w'), soon())).toMatchObject({ committed: true });
    expect(await driver.read([key], soon())).toMatchObject([{ value: 'w' }]);
  },
);

it('tells the answer to one change from that to another', async () => {
  const { client, driver, key } = await open();
  await driver.commit(put(key, 'first'), soon());
  client.disturb(client.last);
  await expect(driver.take(take(key), soon())).rejects.toMatchObject(misled);
  expect(client.reconnected).toBe(1);
});

it('tells a joined answer from others, whether it is of reads, of lives or of changes', async () => {
  for (const work of [
    (driver: RedisDriver, key: string) => driver.read([key], soon()),
    (driver: RedisDriver, key: string) => driver.timeLeft([key], soon()),
    (driver: RedisDriver, key: string) => driver.commit(put(key, 'v'), soon()),
  ]) {
    const { client, driver, key } = await open();
    // It goes by itself, and the others together behind it.
    const first = driver.read([key], soon());
    client.disturb('OK');
    const joined = await Promise.allSettled([work(driver, key), work(driver, `${key}2`)]);
    await first;
    for (const one of joined) expect(one).toMatchObject({ status: 'rejected', reason: misled });
    expect(client.reconnected).toBe(1);
  }
});

it('takes nothing for a page that is none, and the connection is made anew', async () => {
  for (const answer of ['garbage', 1, [], ['0', 'items'], null]) {
    const { client, driver, key } = await open();
    client.disturb(answer);
    const page = driver.list({ prefix: key }, { limit: 1 }, soon());
    await expect(page).rejects.toMatchObject(misled);
    expect(client.reconnected).toBe(1);
  }
});

it('asks nothing more by a connection of the application’s until its answers are the right ones', async () => {
  const { client, driver, key } = await open();
  const dont = Object.assign(client, { reconnect: () => {} });
  dont.disturb(0);
  await expect(driver.commit(put(key, 'v'), soon())).rejects.toMatchObject(misled);
  for (let i = 0; i < 3; i++) {
    const refused = { code: 'OAUTHDB_UNAVAILABLE', outcome: 'not_executed' };
    await expect(driver.read([key], soon())).rejects.toMatchObject(refused);
  }
  Shifted.prototype.reconnect.call(dont);
  expect(await driver.read([key], soon())).toMatchObject([{ value: 'v' }]);
});
