import { setTimeout as sleep } from 'node:timers/promises';
import { open } from 'oauthdb';
import type { Chapter } from '../chapter.ts';
import { atxpEntries, tokenResponse } from '../data.ts';
import { mask, table, timeLeft } from '../format.ts';

export const holdingTokens: Chapter = {
  title: 'An application that holds tokens',
  file: import.meta.url,
  async play({ url, keyPrefix, say, show }) {
    say('Open a database: its URL says which one');
    const db = await open(url, { keyPrefix });

    say('A user has logged in: keep the access token until it expires');
    const { access_token, expires_in, refresh_token } = tokenResponse;
    await db.storeToken('octocat', access_token, new Date(Date.now() + expires_in * 1000));

    say('Without a date a token stays until it is deleted');
    await db.storeToken('octocat:refresh', refresh_token);

    say('Read it: what is not there is null, and a failure never looks like that');
    show(mask(await db.getToken('octocat')));
    show(await db.getToken('hubot'));
    show(await db.hasToken('octocat'));

    say('Bring what another program stored, many at once');
    await db.storeTokens(
      atxpEntries.map(({ key, value, ttl }) => ({
        key,
        token: value,
        expiresAt: ttl === -1 ? undefined : new Date(Date.now() + ttl * 1000),
      })),
    );

    say('What is stored now');
    const keys = (await db.listTokens()).toSorted();
    const tokens = await db.getTokens(keys);
    const expiries = await Promise.all(keys.map((key) => db.getTokenExpiry(key)));
    show(table({ key: keys, token: tokens.map(mask), 'time left': expiries.map(timeLeft) }));

    say('Watch a token expire');
    await db.storeToken('hubot', 'a token that ends soon', new Date(Date.now() + 1500));
    while (await db.hasToken('hubot')) {
      show(timeLeft(await db.getTokenExpiry('hubot')));
      await sleep(500);
    }
    show(await db.getToken('hubot'));

    say('Delete one: true if it was there');
    show(await db.deleteToken('octocat'));
    show(await db.deleteToken('octocat'));

    say('Close it, open it again: a database that outlives the process has the rest');
    await db.close();
    const again = await open(url, { keyPrefix });
    show({ permanence: again.supports.permanence });
    for await (const key of again.scanTokens()) show(key);

    say('Misuse is a TypeError; everything else that goes wrong has a code');
    show(await again.storeToken('', 'a token').catch(String));
    show(await db.getToken('octocat').catch((error) => error.code));

    say('Leave nothing behind');
    show(await again.deleteTokens(await again.listTokens()));
    await again.close();
  },
};
