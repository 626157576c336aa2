import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import { t } from "../../../languages/translate.js";
import { readForm } from "./body.js";
import { HEALTH_PATHS, SIGN_IN_PATH } from "./guard.js";
import { HttpError } from "./http-error.js";
import { pageHtml } from "./page.js";

/** Where a request with a token or a cookie comes from. */
export interface Visitor {
  /** "203.0.113.7"; IPv6 addresses count by their first 64 bits. */
  readonly address: string;
  /** The request's connection: one that has sent the token before is never delayed. */
  readonly connection: object;
}

export interface TokenCheck {
  /**
   * Judges a token. After wrong ones an address waits before the next is even looked at, each time longer, however many
   * it sends at once. @throws {HttpError} 429 while too many of its requests wait already
   */
  accepts(token: string, from: Visitor, isSignedIn: boolean): Promise<boolean>;
  /** Judges a cookie at once. */
  isCookie(text: string): boolean;
  /** Counts a wrong cookie as a wrong token. */
  noteWrong(from: Visitor): void;
  /** What the browser keeps: a random value of this process. */
  readonly cookieValue: string;
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 3_000;
const FORGET_AFTER_MS = 60_000;
const MAX_WAITING = 10;
/** Addresses with wrong guesses that are remembered. */
const MAX_ADDRESSES = 10_000;

interface Guesses {
  wrong: number;
  lastWrongAt: number;
  /** When the next token of this address is looked at. */
  nextAt: number;
  waiting: number;
}

/** Compares in constant time. */
export function createTokenCheck(token: string, clock: Clock, stopping: AbortSignal): TokenCheck {
  const cookieValue = randomBytes(32).toString("base64url");
  const guesses = new BoundedMap<string, Guesses>(MAX_ADDRESSES);
  const authenticated = new WeakSet<object>();

  const guessesOf = (address: string): Guesses => {
    const known = guesses.get(address);
    if (known !== undefined && clock.now() - known.lastWrongAt <= FORGET_AFTER_MS) return known;
    return { wrong: 0, lastWrongAt: clock.now(), nextAt: 0, waiting: known?.waiting ?? 0 };
  };
  const noteWrong = (from: Visitor) => {
    const address = networkOf(from.address);
    const before = guessesOf(address);
    before.wrong += 1;
    before.lastWrongAt = clock.now();
    before.nextAt = Math.max(before.nextAt, clock.now() + delayAfter(before.wrong));
    guesses.set(address, before);
  };
  /** Waits for the turn of a request that has to. */
  const turn = async (known: Guesses, waitMs: number) => {
    if (known.waiting >= MAX_WAITING) throw new HttpError(429, "Too many wrong tokens; wait a minute.");
    known.nextAt += delayAfter(known.wrong);
    known.waiting += 1;
    await clock.sleep(waitMs, stopping).catch(() => {}); // stopping: the answer goes out at once
    known.waiting -= 1;
  };
  return {
    cookieValue,
    async accepts(text, from, isSignedIn) {
      const known = guessesOf(networkOf(from.address));
      const waitMs = known.nextAt - clock.now();
      // Without a wait the token is judged in this very step: of many sent at once only the first gets here.
      if (waitMs > 0 && !isSignedIn && !authenticated.has(from.connection)) await turn(known, waitMs);
      if (isSame(text, token)) {
        authenticated.add(from.connection);
        return true;
      }
      noteWrong(from);
      return false;
    },
    isCookie: (text) => isSame(text, cookieValue),
    noteWrong,
  };
}

const delayAfter = (wrong: number) => Math.min(FIRST_DELAY_MS * 2 ** (wrong - 1), LONGEST_DELAY_MS);

/** One household, or one server, has a whole /64 of IPv6. */
const networkOf = (address: string) =>
  address.includes(":") && !address.startsWith("::ffff:") ? address.split(":").slice(0, 4).join(":") : address;

const isSame = (left: string, right: string) => timingSafeEqual(digest(left), digest(right));
const digest = (text: string) => createHash("sha256").update(text).digest();

const COOKIE_NAME = "evergreen-sign-in";
const MAX_FORM_BYTES = 8_192;

/** Served without the token: the sign-in form, what it loads, and the health checks. */
const PUBLIC_PATHS: readonly string[] = [
  ...HEALTH_PATHS,
  SIGN_IN_PATH,
  ...[
    "sign-in.js",
    "token.js",
    "elements.js",
    "translate.js",
    "messages.js",
    "first.js",
    "theme.css",
    "sign-in.css",
    "icon.svg",
  ].map((name) => `/assets/shared/${name}`),
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
    const cookie = getCookie(context, COOKIE_NAME);
    const isSignedIn = cookie !== undefined && check.isCookie(cookie);
    if (isSignedIn && isPage(context)) return next();
    const bearer = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    if (bearer !== undefined && (await check.accepts(bearer, visitorOf(context), isSignedIn))) return next();
    if (cookie !== undefined && !isSignedIn) {
      if (bearer === undefined) check.noteWrong(visitorOf(context));
      deleteCookie(context, COOKIE_NAME, { path: "/" }); // an earlier process gave it: it is not sent again
    }
    const wantsPage = context.req.method === "GET" && context.req.header("accept")?.includes("text/html");
    if (wantsPage) return context.html(signInPage(t`This bot asks for its token.`), 401);
    context.header("www-authenticate", 'Bearer realm="evergreen"');
    return context.json({ error: "Send the token as Authorization: Bearer HTTP_TOKEN." }, 401);
  };
}

function visitorOf({ env }: Context): Visitor {
  const { socket } = (env as HttpBindings).incoming;
  return { address: socket.remoteAddress ?? "", connection: socket };
}

/** What a browser gets that has not signed in. The script takes the token from the address or from this tab. */
export const signInPage = (note: string): string =>
  pageHtml({
    title: t`Sign in to Evergreen`,
    styles: ["/assets/shared/theme.css", "/assets/shared/sign-in.css"],
    script: "/assets/shared/sign-in.js",
    body: `<main class="sign-in">
<h1><img src="/assets/shared/icon.svg" alt="" width="40" height="40"> Evergreen</h1>
<form method="post" action="${SIGN_IN_PATH}" id="sign-in">
<p id="sign-in-note" role="status">${note}</p>
<label for="token">${t`Token`}</label>
<div class="sign-in-row">
<input id="token" class="field" type="password" name="token" autocomplete="current-password" required autofocus>
<button type="submit" class="button primary">${t`Sign in`}</button>
</div>
</form>
</main>
`,
  });

/** The form, at an address of its own. */
export const askToSignIn = (context: Context): Response =>
  context.html(signInPage(t`This bot asks for its token. It is the value of HTTP_TOKEN.`));

/**
 * Takes the form: on success the browser gets a cookie that scripts cannot read and other sites cannot send. The cookie
 * opens only the pages; each of their calls carries the token.
 */
export async function signIn(context: Context, check: TokenCheck): Promise<Response> {
  const form = await readForm(context, MAX_FORM_BYTES);
  const isSignedIn = check.isCookie(getCookie(context, COOKIE_NAME) ?? "");
  if (!(await check.accepts(form.get("token") ?? "", visitorOf(context), isSignedIn))) {
    return context.html(signInPage(t`That is not the token. It is the value of HTTP_TOKEN.`), 401);
  }
  const secure = isBehindTls(context);
  setCookie(context, COOKIE_NAME, check.cookieValue, { httpOnly: true, sameSite: "Strict", path: "/", secure });
  return context.redirect("/", 303);
}

/** The browser's side of a proxy is https where the proxy, or the browser's own Origin, says so. */
const isBehindTls = ({ req }: Context) =>
  req.header("x-forwarded-proto")?.split(",")[0]?.trim() === "https" ||
  req.header("origin")?.startsWith("https:") === true;
