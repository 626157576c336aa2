import { forgetToken, keepToken, keptToken, takeTokenFromAddress } from "./token.js";

const form = document.getElementById("sign-in");
const field = document.getElementById("token");
const note = document.getElementById("sign-in-note");

/** A page of this bot, and no other address. */
function wantedPage() {
  if (location.pathname !== "/sign-in") return location.pathname;
  const wanted = new URLSearchParams(location.search).get("to") ?? "/";
  return /^\/[\w-]*$/.test(wanted) ? wanted : "/";
}

async function signIn(token) {
  note.textContent = "Signing in…";
  let status;
  try {
    const body = new URLSearchParams({ token });
    ({ status } = await fetch("/sign-in", { method: "POST", body, redirect: "manual" }));
  } catch {
    note.textContent = "The bot cannot be reached. Try again in a moment.";
    return;
  }
  if (status === 401 || status === 429) {
    forgetToken();
    note.textContent =
      status === 401
        ? "That is not the token. It is the value of HTTP_TOKEN."
        : "Too many wrong tokens; wait a minute.";
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
