import { byId } from "./elements.js";
import { forgetToken, keepToken, keptToken, takeTokenFromAddress } from "./token.js";
import { t } from "./translate.js";

const form = byId("sign-in");
const field = byId("token", HTMLInputElement);
const note = byId("sign-in-note");

/** The address of a page of this bot, and no other. */
function wantedPage() {
  if (location.pathname !== "/sign-in") return location.pathname;
  const wanted = new URLSearchParams(location.search).get("to") ?? "/";
  return /^\/[\w-]*$/.test(wanted) ? wanted : "/";
}

/** @param {string} token */
async function signIn(token) {
  note.textContent = t`Signing in…`;
  let status;
  try {
    const body = new URLSearchParams({ token });
    ({ status } = await fetch("/sign-in", { method: "POST", body, redirect: "manual" }));
  } catch {
    note.textContent = t`The bot cannot be reached. Try again in a moment.`;
    return;
  }
  if (status === 401 || status === 429) {
    forgetToken();
    note.textContent =
      status === 401
        ? t`That is not the token. It is the value of HTTP_TOKEN.`
        : t`Too many wrong tokens; wait a minute.`;
    field.select();
    return;
  }
  keepToken(token);
  location.replace(wantedPage());
}

takeTokenFromAddress();
form.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(field.value);
});
const kept = keptToken();
if (kept !== undefined) signIn(kept);
