import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { readForm } from "./body.js";
import { SIGN_IN_PATH } from "./guard.js";
import { HttpError } from "./http-error.js";
import type { TokenCheck } from "./token.js";

export const COOKIE_NAME = "evergreen-sign-in";
const MAX_FORM_BYTES = 8_192;

/** What the form itself needs; nothing else is given out before the token. */
export const SIGN_IN_FILES: readonly string[] = ["sign-in.js", "token.js", "theme.css", "sign-in.css", "icon.svg"].map(
  (name) => `/assets/shared/${name}`,
);

/** What a browser gets that has not signed in. The script takes the token from the address or from this tab. */
export function signInPage(note: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in to Evergreen</title>
<link rel="icon" href="/assets/shared/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/shared/theme.css">
<link rel="stylesheet" href="/assets/shared/sign-in.css">
<script type="module" src="/assets/shared/sign-in.js"></script>
</head>
<body>
<main class="sign-in">
<h1><img src="/assets/shared/icon.svg" alt="" width="40" height="40"> Evergreen</h1>
<form method="post" action="${SIGN_IN_PATH}" id="sign-in">
<p id="sign-in-note" role="status">${note}</p>
<label for="token">Token</label>
<div class="sign-in-row">
<input id="token" class="field" type="password" name="token" autocomplete="current-password" required autofocus>
<button type="submit" class="button primary">Sign in</button>
</div>
</form>
</main>
</body>
</html>
`;
}

/** The form, at an address of its own. */
export const askToSignIn = (context: Context): Response =>
  context.html(signInPage("This bot asks for its token. It is the value of HTTP_TOKEN."));

/**
 * The form's target: on success the browser gets a cookie that scripts cannot read and other sites cannot send. It
 * opens
 * the pages alone; every call of theirs carries the token.
 */
export async function signIn(context: Context, check: TokenCheck): Promise<Response> {
  const form = await readForm(context, MAX_FORM_BYTES);
  if (!check.isToken(form.get("token") ?? "")) {
    const wasSlowed = await check.slowDown();
    if (!wasSlowed) throw new HttpError(429, "Too many wrong tokens; wait a minute.");
    return context.html(signInPage("That is not the token. It is the value of HTTP_TOKEN."), 401);
  }
  setCookie(context, COOKIE_NAME, check.cookieValue, { httpOnly: true, sameSite: "Strict", path: "/" });
  return context.redirect("/", 303);
}
