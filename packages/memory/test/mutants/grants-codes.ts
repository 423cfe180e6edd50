import { randomUUID } from 'node:crypto';
import type { DatabaseOptions, Driver } from '@oauthdb/core';
import { kindOf, nothing } from './grants.ts';
import { pause, type BrokenDatabase, type Mutant, type Over } from './mutant.ts';

const behaviour = 'states and codes';

type Take = Parameters<Driver['take']>[0];

/** A database that redeems codes by themselves over a broken driver, or with other options. */
const consumes =
  (breaks: Parameters<Over>[0], options?: DatabaseOptions): BrokenDatabase['betrays'] =>
  (_sound, over) => ({
    codes: { consume: (code, redemption) => over(breaks, options).codes.consume(code, redemption) },
  });

/** A driver that sees what a code must contain changed. */
const containing =
  (alter: (text: string) => string): Parameters<Over>[0] =>
  (sound) => ({
    take: ({ containing: text, ...take }: Take, at) =>
      sound.take(text === undefined ? take : { ...take, containing: alter(text) }, at),
  });

export const codes: readonly Mutant[] = [
  {
    name: 'a code can be redeemed by any client',
    caughtBy: `${behaviour} › a code is not burnt by another client, nor by another redirect_uri`,
    betrays: consumes(containing(() => '')),
  },
  {
    name: 'a code is burnt by whoever must not redeem it',
    caughtBy: `${behaviour} › a code is not burnt by another client, nor by another redirect_uri`,
    betrays: (sound) => ({
      codes: {
        consume: async (code, redemption) => {
          const grant = await sound.codes.peek(code);
          const result = await sound.codes.consume(code, redemption);
          if (result.status === 'client_mismatch' && grant !== null) {
            await sound.codes.consume(code, { client_id: grant.client_id });
          }
          return result;
        },
      },
    }),
  },
  {
    name: 'a redirect_uri is not compared',
    caughtBy: `${behaviour} › a code is not burnt by another client, nor by another redirect_uri`,
    betrays: consumes(containing((text) => text.split(',"redirect_uri"')[0] ?? '')),
  },
  {
    name: 'a redirect_uri is compared as far as it goes',
    caughtBy: `${behaviour} › a code is not burnt by another client, nor by another redirect_uri`,
    betrays: consumes(containing((text) => text.replace(/"$/, ''))),
  },
  {
    name: 'a redirect_uri may be longer than the one that was asked for',
    caughtBy: `${behaviour} › a code is not burnt by another client, nor by another redirect_uri`,
    betrays: (sound) => ({
      codes: {
        consume: async (code, { client_id, redirect_uri: given }) => {
          const asked = (await sound.codes.peek(code))?.redirect_uri;
          const longer = asked !== undefined && given?.startsWith(asked) === true;
          return sound.codes.consume(code, { client_id, redirect_uri: longer ? asked : given });
        },
      },
    }),
  },
  {
    name: 'a client_id is compared as far as it goes',
    caughtBy: `${behaviour} › a code is not burnt by another client, nor by another redirect_uri`,
    betrays: consumes(containing((text) => text.replace(/",.*/s, ''))),
  },
  {
    name: 'a code that was asked for without a redirect_uri is refused to whoever says one',
    caughtBy: `${behaviour} › a code that was asked for without a redirect_uri is redeemed with or without one`,
    betrays: (sound) => ({
      codes: {
        consume: async (code, redemption) => {
          const grant = await sound.codes.peek(code);
          const strict = grant !== null && grant.redirect_uri !== redemption.redirect_uri;
          return strict ? { status: 'client_mismatch' } : sound.codes.consume(code, redemption);
        },
      },
    }),
  },
  {
    name: 'a code is read first, and used then',
    caughtBy: `${behaviour} › of fifty and of two hundred who consume one code, one has it`,
    betrays: (sound) => ({
      codes: {
        consume: async (code, redemption) => {
          const grant = await sound.codes.peek(code);
          await pause();
          const result = await sound.codes.consume(code, redemption);
          return grant === null ? result : { status: 'consumed', code: grant };
        },
      },
    }),
  },
  {
    name: 'a code is forgotten once it was used',
    caughtBy: `${behaviour} › of fifty and of two hundred who consume one code, one has it`,
    betrays: (sound) => ({
      codes: {
        consume: async (code, redemption) => {
          const result = await sound.codes.consume(code, redemption);
          return result.status === 'already_used' ? { status: 'not_found' } : result;
        },
      },
    }),
  },
  {
    name: 'a code that was used does not say what it brought',
    caughtBy: `${behaviour} › of fifty and of two hundred who consume one code, one has it`,
    betrays: (sound) => ({
      codes: {
        consume: async (code, redemption) => {
          const result = await sound.codes.consume(code, redemption);
          return result.status === 'already_used' ? { ...result, grant_id: randomUUID() } : result;
        },
      },
    }),
  },
  {
    name: 'a code is used up by a look at it',
    caughtBy: `${behaviour} › a code is peeked at without being used, and carries what PKCE needs`,
    betrays: (sound) => ({
      codes: {
        peek: async (code) => {
          const grant = await sound.codes.peek(code);
          if (grant !== null) await sound.codes.consume(code, { client_id: grant.client_id });
          return grant;
        },
      },
    }),
  },
  {
    name: 'a code keeps the members that this library knows',
    caughtBy: `${behaviour} › a code is peeked at without being used, and carries what PKCE needs`,
    betrays: (sound) => ({
      codes: {
        store: (code, { client_id, redirect_uri, grant_id, username, scope, expires_at }) =>
          sound.codes.store(code, { client_id, redirect_uri, grant_id, username, scope, expires_at }),
      },
    }),
  },
  {
    name: 'a code lives for ten minutes',
    caughtBy: `${behaviour} › a code ends after sixty seconds, or when it says, and never lives for ever`,
    betrays: (_sound, over) => ({
      codes: {
        store: (code, grant) => over(nothing, { lifetimes: { code: 600_000 } }).codes.store(code, grant),
      },
    }),
  },
  {
    name: 'a code that should live for ever lives as long as others',
    caughtBy: `${behaviour} › a code ends after sixty seconds, or when it says, and never lives for ever`,
    betrays: (sound) => ({
      codes: {
        store: (code, grant) =>
          sound.codes.store(code, { ...grant, expires_at: grant.expires_at ?? undefined }),
      },
    }),
  },
  {
    name: 'a code is taken by a new attempt when its reply was lost',
    caughtBy: 'lost replies: without the answer to any one call, › a code is redeemed by whoever took it',
    betrays: consumes((sound) => ({
      take: (take, at) => sound.take({ ...take, attempt: randomUUID() }, at),
    })),
  },
  {
    name: 'a state can be used as often as one likes',
    caughtBy: `${behaviour} › a state gives the request back once, with every member`,
    betrays: (sound) => ({
      states: {
        consume: async (state) => {
          const result = await sound.states.consume(state);
          if (result.status === 'consumed') await sound.states.store(state, result.state);
          return result;
        },
      },
    }),
  },
  {
    name: 'a state shows the name under which it was kept',
    caughtBy: `${behaviour} › a state gives the request back once, with every member`,
    betrays: (_sound, over) => ({
      states: {
        consume: (state) =>
          over((sound) => ({
            take: async (take, at) => {
              const taken = await sound.take(take, at);
              if (!('value' in taken) || kindOf(take.key) !== 'state') return taken;
              return { ...taken, value: taken.value.replace('"handle"', '"handle_"') };
            },
          })).states.consume(state),
      },
    }),
  },
  {
    name: 'a state that was used and one that never was are not told apart',
    caughtBy: `${behaviour} › a state gives the request back once, with every member`,
    betrays: (sound) => ({
      states: {
        consume: async (state) => {
          const result = await sound.states.consume(state);
          return result.status === 'consumed' ? result : { status: 'not_found' };
        },
      },
    }),
  },
];
