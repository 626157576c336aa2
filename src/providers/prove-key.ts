import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { createListThread, type ListThread } from "./lists/list-thread.js";
import { type ModelInfo, type Provider, ProviderError, type ProviderErrorReason } from "./provider.js";
import type { ProviderSetup } from "./provider-definition.js";

export interface ProveKeyDeps {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Deadline of each request, in ms. */
  readonly timeoutMs: number;
}

/**
 * - `works` the vendor did what it does for a good key only; `left` says what the key may still use, where it tells
 * - `used-up` the key is good, but nothing is left for it; `left` says what of
 * - `refused`, `unproven`: `error` says why
 */
export type KeyProof =
  | { readonly kind: "works"; readonly left?: string | undefined }
  | { readonly kind: "used-up"; readonly left: string }
  | { readonly kind: "refused" | "unproven"; readonly error: unknown };

/** Vendors look at the key first: who is refused for one of these has shown a good one. */
const AFTER_THE_KEY: ReadonlySet<ProviderErrorReason> = new Set([
  "bad-request",
  "content-refused",
  "context-too-long",
  "cut-off",
  "no-access",
  "not-for-chat",
  "rate-limited",
  "unknown-model",
]);

/**
 * Finds out whether a vendor takes the key that its list came with. A list proves nothing where it comes with a wrong
 * key as well, so then the account is asked for, or, where there is no such address, one token of an answer.
 */
export async function proveKey(
  setup: ProviderSetup,
  models: readonly ModelInfo[],
  deps: ProveKeyDeps,
): Promise<KeyProof> {
  const account = await readAccount(setup, deps);
  if (account !== undefined) return account;
  if (!(await isListPublic(setup, deps))) return { kind: "works" };
  // One that has no list yet, so that it takes a bare 403 for what it may be: a refused key.
  const provider = await setup.load({ clock: deps.clock, warn: () => {} });
  return askOneToken(setup, { provider, models }, deps);
}

/** Undefined where the vendor has no such address, or what is there says neither yes nor no. */
async function readAccount({ id, key, account }: ProviderSetup, deps: ProveKeyDeps): Promise<KeyProof | undefined> {
  if (account === undefined) return undefined;
  const { clock, timeoutMs } = deps;
  try {
    return await withDeadline(
      async (signal) => {
        const headers = { authorization: `Bearer ${key}`, accept: "application/json" };
        const response = await deps.fetch(account.url, { headers, signal, redirect: "manual" });
        if (response.status === 401 || response.status === 403) {
          const message = `${id} refused the key (${response.status})`;
          return { kind: "refused", error: new ProviderError(id, "auth", message, { status: response.status }) };
        }
        const left = response.ok ? account.read(await response.json()) : undefined;
        return left && (left.isUsedUp ? { kind: "used-up", left: left.text } : { kind: "works", left: left.text });
      },
      { what: `${id}'s account`, timeoutMs, clock },
    );
  } catch {
    return undefined; // the list and a trial tell as well
  }
}

async function isListPublic(setup: ProviderSetup, { clock, timeoutMs }: ProveKeyDeps): Promise<boolean> {
  const thread = createListThread({ clock });
  const authorization = `Bearer ${wrongKey(setup.key ?? "")}`;
  const listThread: ListThread = {
    read: (request, signal) => thread.read({ ...request, headers: { ...request.headers, authorization } }, signal),
  };
  try {
    const provider = await setup.load({ clock, warn: () => {}, listThread });
    const what = `${setup.id}'s model list`;
    await withDeadline((signal) => provider.listModels(signal), { what, timeoutMs, clock });
    return true;
  } catch {
    return false; // with another key there is no list, so it was this one that brought it
  }
}

/** A key of the same form that nobody has: some lists want a key, and look at none. */
const wrongKey = (key: string): string =>
  key.replace(/.{1,8}$/, (end) => end.replace(/./g, (c) => (c === "0" ? "1" : "0")));

async function askOneToken(
  { id, preferredFamilies }: ProviderSetup,
  { provider, models }: { readonly provider: Provider; readonly models: readonly ModelInfo[] },
  { clock, timeoutMs }: ProveKeyDeps,
): Promise<KeyProof> {
  const chat = models.filter(({ isChat }) => isChat);
  const preferred = preferredFamilies.flatMap((family) => chat.find((model) => model.id.startsWith(family)) ?? []);
  const model = (preferred[0] ?? chat[0])?.id ?? "";
  const request = { model, messages: [{ role: "user", content: "Hello" }], maxOutputTokens: 1 } as const;
  try {
    await withDeadline(
      async (signal) => {
        for await (const _event of provider.streamChat(request, signal)) break;
      },
      { what: `${id}'s answer`, timeoutMs, clock },
    );
    return { kind: "works" };
  } catch (error) {
    if (!(error instanceof ProviderError)) return { kind: "unproven", error };
    if (error.reason === "auth" || error.status === 401) return { kind: "refused", error };
    if (error.reason === "spend-cap" || error.reason === "quota") return { kind: "used-up", left: error.message };
    return AFTER_THE_KEY.has(error.reason) ? { kind: "works" } : { kind: "unproven", error };
  }
}
