import { isIP } from "node:net";
import { z } from "zod";

/** One environment variable: what it means, how an example looks, and how its text is read. */
export interface Variable<T = unknown> {
  readonly about: string;
  /** What `.env.example` shows after the equals sign. */
  readonly example?: string;
  readonly isSecret?: boolean;
  /** Reads the trimmed text, `undefined` where it is unset or empty; each issue says the fix. */
  readonly schema: z.ZodType<T, string | undefined>;
}
export type Variables = Readonly<Record<string, Variable>>;
export type ValuesOf<V extends Variables> = { readonly [K in keyof V]: V[K] extends Variable<infer T> ? T : never };

type Texts = { about: string; example?: string };

/**
 * A key or token; only its form is checked: one line, no spaces, and the prefix where it is certain. `hints` say
 * what to do with what begins otherwise.
 */
export const secret = (
  about: string,
  prefix?: string,
  hints: Readonly<Record<string, string>> = {},
): Variable<string | undefined> => ({
  about,
  example: `${prefix ?? ""}...`,
  isSecret: true,
  schema: z
    .string()
    .superRefine((text, context) => {
      const fault = secretFault(text);
      if (fault !== undefined) return context.addIssue({ code: "custom", message: fault });
      if (prefix === undefined || text.startsWith(prefix)) return;
      const hint = Object.entries(hints).find(([start]) => text.startsWith(start))?.[1];
      context.addIssue({
        code: "custom",
        message: `must begin with ${prefix}${hint === undefined ? "" : `; ${hint}`}`,
      });
    })
    .optional(),
});

/** What is wrong with the form of a key or token, with its fix; undefined where nothing is. Never quotes the key. */
export function secretFault(text: string): string | undefined {
  const at = text.search(/[^!-~]/);
  if (at < 0 && text !== "") return undefined;
  const code = text.codePointAt(at) ?? 0;
  if (code < 0x80) return "must be one line without spaces; copy it again";
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const kind = /[\p{C}\p{Z}\p{M}]/u.test(String.fromCodePoint(code))
    ? "an invisible character"
    : "a character that no key has";
  return `holds ${kind} (${number}, place ${at + 1}); copy it again, or type it`;
}

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  "1": true,
  false: false,
  off: false,
  "0": false,
};

export function flag(texts: Texts): Variable<boolean | undefined> {
  const schema = z
    .string()
    .transform((text) => FLAGS[text.toLowerCase()])
    .refine((value) => value !== undefined, "must be true or false (also on/off, 1/0)")
    .optional();
  return { ...texts, schema };
}

export function wholeNumber(texts: Texts & { min: number; max: number; fallback: number }): Variable<number> {
  const { min, max, fallback, ...rest } = texts;
  const fix = `must be a whole number from ${min} to ${max}`;
  const schema = z
    .string()
    .regex(/^\d{1,12}$/, fix)
    .transform(Number)
    .refine((value) => value >= min && value <= max, fix)
    .optional()
    .transform((value) => value ?? fallback);
  return { example: String(fallback), ...rest, schema };
}

/** An amount of at least 0, with up to six decimals; undefined where unset. */
export function amount(texts: Texts): Variable<number | undefined> {
  const schema = z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, "must be an amount, like 15 or 2.50")
    .transform(Number)
    .optional();
  return { ...texts, schema };
}

/** An address without trailing slashes. */
export const baseUrl = (texts: Texts): Variable<string | undefined> => ({
  ...texts,
  schema: z
    .string()
    .superRefine((text, context) => {
      const fault = baseUrlFault(text);
      if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
    })
    .transform((text) => text.replace(/\/+$/, ""))
    .optional(),
});

/** What is wrong with a base URL, and the fix; undefined where nothing is. */
export function baseUrlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    return "must be an address that begins with http:// or https://";
  }
  if (url.username !== "" || url.password !== "")
    return "must not hold a user name or password; use the key's variable";
  if (url.search !== "" || url.hash !== "") return "must end with its path, without ? or #";
  return undefined;
}

/** Every form of the password in an address, for the log's scrubber; also where the address cannot be read. */
export function passwordsIn(address: string): readonly string[] {
  // All up to the last @: a password whose special characters nobody has escaped.
  const written = /^[a-z]+:\/\/[^:@/]*:(.+)@/.exec(address)?.[1];
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const found = [written, url?.password, url?.searchParams.get("password")];
  return [...new Set(found.flatMap((text) => (text ? [text, decoded(text)] : [])))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that escapes nothing: it is meant as it stands
  }
}

const PRIVATE_IPV4 =
  /^(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;

/** True where a key may travel over plain http: loopback, private ranges, single-label names, .local, .internal. */
export function isPrivateAddress(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (isIP(host) === 4) {
    return PRIVATE_IPV4.test(host);
  }
  if (isIP(host) === 6) return host === "::1" || /^f[cd]|^fe[89ab]/.test(host);
  return !host.includes(".") || /\.(local|internal|localhost)$/.test(host);
}

export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Free text with a default. */
export function text<F extends string | undefined>(texts: Texts & { fallback: F; pattern?: RegExp; fix?: string }) {
  const { fallback, pattern = /^/, fix = "is not valid", ...rest } = texts;
  const schema = z
    .string()
    .regex(pattern, fix)
    .optional()
    .transform((value): string | F => value ?? fallback);
  return { ...rest, schema } satisfies Variable<string | F>;
}

/** Values separated by commas, each trimmed, empty ones left out. */
export function list(texts: Texts & { item?: RegExp; fix?: string }): Variable<readonly string[]> {
  const { item = /^\S+$/, fix = "must be values separated by commas", ...rest } = texts;
  const schema = z
    .string()
    .optional()
    .transform((value) =>
      (value ?? "")
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    )
    .refine((parts) => parts.every((part) => item.test(part)), fix);
  return { ...rest, schema };
}
