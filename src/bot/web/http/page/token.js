const KEY = "evergreen-token";
const SIGN_IN = "/sign-in";

/**
 * Moves a token out of the address (`/#token=…`) and the history into this tab's session storage, which no other site,
 * port or tab can read.
 */
export function takeTokenFromAddress() {
  const found = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (found === undefined) return;
  keepToken(decodeURIComponent(found));
  history.replaceState(null, "", location.pathname + location.search);
}

/** @param {string} token */
export const keepToken = (token) => sessionStorage.setItem(KEY, token);
export const keptToken = () => sessionStorage.getItem(KEY) ?? undefined;
export const forgetToken = () => sessionStorage.removeItem(KEY);

/**
 * The headers of every call, where there is a token.
 * @returns {Record<string, string>}
 */
export function credentials() {
  const token = keptToken();
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The bot wants a token that this tab does not have: asks for it, and comes back here. */
export function askForToken() {
  forgetToken();
  if (location.pathname !== SIGN_IN) location.replace(`${SIGN_IN}?to=${encodeURIComponent(location.pathname)}`);
}
