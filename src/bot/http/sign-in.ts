import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { readForm } from "./body.js";
import { SIGN_IN_PATH } from "./guard.js";
import { HttpError } from "./http-error.js";
import type { TokenCheck } from "./token.js";

export const COOKIE_NAME = "evergreen-sign-in";
const MAX_FORM_BYTES = 8_192;

/** What a browser gets that has not signed in; a plain form, so that it works under any policy. */
export function signInPage(note: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in to Evergreen</title>
</head>
<body>
<main>
<h1>🌲 Evergreen</h1>
<form method="post" action="${SIGN_IN_PATH}">
<p role="status">${note}</p>
<p><label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label>
<button type="submit">Sign in</button></p>
</form>
</main>
</body>
</html>
`;
}

/** The form's target: on success the browser gets a cookie that scripts cannot read and other sites cannot send. */
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
