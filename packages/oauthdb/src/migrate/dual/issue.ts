import type { Issuance, Issued } from '@oauthdb/core';
import { mirrorAccessToken, mirrorRefreshToken } from './tokens.ts';
import { copyOf, following, type Pair } from './pair.ts';

/** Issues where it is decided, and puts what was issued into the other; a code that only that one has, it redeems. */
export async function dualIssue(pair: Pair, given: Issuance): Promise<Issued> {
  const { old, next } = pair;
  const issuance = copyOf(given);
  const { code, client_id, redirect_uri } = issuance ?? {};
  const redemption = { client_id, ...(redirect_uri === undefined ? {} : { redirect_uri }) };
  const isComplete = issuance?.accessToken !== undefined || issuance?.refreshToken !== undefined;
  const there =
    code === undefined || !isComplete || typeof client_id !== 'string'
      ? null
      : await next.codes.consume(code, redemption);
  const issued = await (there === null ? old.issue(issuance) : following(() => old.issue(issuance)));
  if (issued.status === 'not_found' && there !== null) {
    if (there.status !== 'consumed') return there;
    const { client_id: client, grant_id, username, user_id, scope, resource } = there.code;
    const grant = { client_id: client, grant_id, username, user_id, scope, resource };
    return following(() => next.issue({ ...grant, ...issuance, code: undefined }));
  }
  if (issued.status !== 'issued') return issued;
  if (issued.accessToken !== null) await mirrorAccessToken(pair, issued.accessToken.jti);
  const token = issuance.refreshToken?.token;
  if (token !== undefined) await mirrorRefreshToken(pair, token);
  return issued;
}
