import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Clock } from "../../../base/clock.js";
import { readForm } from "./body.js";
import { HEALTH_PATHS, SIGN_IN_PATH } from "./guard.js";
import { HttpError } from "./http-error.js";
import { pageHtml } from "./page.js";

export interface TokenCheck {
  isToken(text: string): boolean;
  isCookie(text: string): boolean;
  /** What the browser keeps: derived from the token, which cannot be found from it. */
  readonly cookieValue: string;
  /** Delays the answer to a wrong token. @throws {HttpError} 429 while too many wait already */
  slowDown(): Promise<void>;
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 3_000;
const FORGET_AFTER_MS = 60_000;
const MAX_WAITING = 10;

/** Compares in constant time; wrong tokens are answered one after the other, later each time. */
export function createTokenCheck(token: string, clock: Clock, stopping: AbortSignal): TokenCheck {
  const cookieValue = createHmac("sha256", token).update("evergreen sign-in 1").digest("base64url");
  let wrongGuesses = 0;
  let lastWrongAt = Number.NEGATIVE_INFINITY;
  let nextAnswerAt = 0;
  let waiting = 0;
  return {
    cookieValue,
    isToken: (text) => isSame(text, token),
    isCookie: (text) => isSame(text, cookieValue),
    async slowDown() {
      const now = clock.now();
      wrongGuesses = now - lastWrongAt > FORGET_AFTER_MS ? 1 : wrongGuesses + 1;
      lastWrongAt = now;
      if (waiting >= MAX_WAITING) throw new HttpError(429, "Too many wrong tokens; wait a minute.");
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (wrongGuesses - 1), LONGEST_DELAY_MS);
      nextAnswerAt = Math.max(now, nextAnswerAt) + delayMs;
      waiting += 1;
      await clock.sleep(nextAnswerAt - now, stopping).catch(() => {}); // stopping: the answer goes out at once
      waiting -= 1;
    },
  };
}

const isSame = (left: string, right: string) => timingSafeEqual(digest(left), digest(right));
const digest = (text: string) => createHash("sha256").update(text).digest();

const COOKIE_NAME = "evergreen-sign-in";
const MAX_FORM_BYTES = 8_192;

/** Served without the token: the sign-in form, what it loads, and the health checks. */
const PUBLIC_PATHS: readonly string[] = [
  ...HEALTH_PATHS,
  SIGN_IN_PATH,
  ...["sign-in.js", "token.js", "elements.js", "theme.css", "sign-in.css", "icon.svg"].map(
    (name) => `/assets/shared/${name}`,
  ),
];

/**
 * A page or a file of it, which holds no data. Only these are served for the cookie: browsers send it by themselves,
 * also to other ports of the host.
 */
const isPage = ({ req }: Context) => req.method === "GET" && !/^\/(api|metrics)(\/|$)/.test(req.path);

/** Asks for the token. Hono's bearer-auth neither slows down guesses nor shows browsers a form. */
export function checkToken(check: TokenCheck, isMetricsPublic: boolean): MiddlewareHandler {
  return async (context, next) => {
    const { path } = context.req;
    if (PUBLIC_PATHS.includes(path) || (isMetricsPublic && path === "/metrics")) return next();
    if (isPage(context) && check.isCookie(getCookie(context, COOKIE_NAME) ?? "")) return next();
    const bearer = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    if (bearer !== undefined && check.isToken(bearer)) return next();
    if (bearer !== undefined) await check.slowDown();
    const wantsPage = context.req.method === "GET" && context.req.header("accept")?.includes("text/html");
    if (wantsPage) return context.html(signInPage("This bot asks for its token."), 401);
    context.header("www-authenticate", 'Bearer realm="evergreen"');
    return context.json({ error: "Send the token as Authorization: Bearer HTTP_TOKEN." }, 401);
  };
}

/** What a browser gets that has not signed in. The script takes the token from the address or from this tab. */
export const signInPage = (note: string): string =>
  pageHtml({
    title: "Sign in to Evergreen",
    styles: ["/assets/shared/sign-in.css"],
    script: "/assets/shared/sign-in.js",
    body: `<main class="sign-in">
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
`,
  });

/** The form, at an address of its own. */
export const askToSignIn = (context: Context): Response =>
  context.html(signInPage("This bot asks for its token. It is the value of HTTP_TOKEN."));

/**
 * Takes the form: on success the browser gets a cookie that scripts cannot read and other sites cannot send. The cookie
 * opens only the pages; each of their calls carries the token.
 */
export async function signIn(context: Context, check: TokenCheck): Promise<Response> {
  const form = await readForm(context, MAX_FORM_BYTES);
  if (!check.isToken(form.get("token") ?? "")) {
    await check.slowDown();
    return context.html(signInPage("That is not the token. It is the value of HTTP_TOKEN."), 401);
  }
  setCookie(context, COOKIE_NAME, check.cookieValue, { httpOnly: true, sameSite: "Strict", path: "/" });
  return context.redirect("/", 303);
}
