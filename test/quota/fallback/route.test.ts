import { describe, expect, it } from "vitest";
import {
  detourFor,
  type QuestionRoute,
  type RouteFacts,
  recentNotes,
  routeQuestion,
  withDetour,
  withoutDetour,
} from "../../../src/quota/fallback/route.js";
import type { ModelQuota } from "../../../src/quota/quota.js";
import { type ModelRef, modelName } from "../../../src/refresh/choose/model-ref.js";
import type { Session } from "../../../src/store/sessions/sessions.js";
import { quotaState, SURE } from "../../support/quota-states.js";

const NOW = Date.UTC(2026, 0, 5, 12);
const HOUR_MS = 3_600_000;
const PIN = { provider: "groq", model: "m1", at: 1, by: null };
const OTHER = { provider: "openai", model: "m1" };
const OUT = quotaState({ isOut: true, renewsAt: NOW + HOUR_MS, window: { resetAt: NOW + HOUR_MS } });
const RISK = quotaState({ riskSince: NOW - 1, forecast: SURE, renewsAt: NOW + HOUR_MS });
const BUDGET = quotaState({ isOut: true, renewsAt: NOW + HOUR_MS, window: { source: "budget" } });

type Routed = Pick<Session, "detour" | "quotaNotes" | "triesPin">;
interface Given extends Partial<Omit<RouteFacts, "quotaOf">> {
  readonly pinned?: Partial<ModelQuota>;
  readonly other?: Partial<ModelQuota>;
}

const facts = ({ pinned = {}, other = {}, ...given }: Given = {}): RouteFacts => ({
  session: {},
  pin: PIN,
  mode: "ask",
  now: NOW,
  quotaOf: ({ provider }: ModelRef) => ({ isKnown: true, ...(provider === "groq" ? pinned : other) }),
  isAllowed: () => true,
  mayProbe: async () => false,
  candidate: () => ({ ...OTHER, isQuotaKnown: true }),
  ...given,
});
const kindOf = async (given: Given) => (await routeQuestion(facts(given))).kind;
const detour = (given: Partial<Routed["detour"] & object> = {}) => ({
  ...detourFor(OUT, OTHER, { pin: PIN, by: "Ada", now: NOW - 1 }),
  ...given,
});

describe("routeQuestion()", () => {
  it.each([
    ["nothing is wrong", {}, "pinned"],
    ["the quota is at risk and nobody agreed", { pinned: { risk: RISK } }, "pinned"],
    ["the quota is out", { pinned: { out: OUT } }, "stopped"],
    ["the quota is out, and it is time for a probe", { pinned: { out: OUT }, mayProbe: async () => true }, "pinned"],
    ["the quota is out, and a person wants to try", { pinned: { out: OUT }, session: { triesPin: true } }, "pinned"],
    [
      "a budget is used up, and a person wants to try",
      { pinned: { out: BUDGET }, session: { triesPin: true } },
      "stopped",
    ],
    ["fallback is off", { pinned: { out: OUT }, mode: "off" }, "stopped"],
    ["fallback is automatic", { pinned: { out: OUT }, mode: "auto" }, "detour"],
    ["fallback is automatic and the quota at risk", { pinned: { risk: RISK }, mode: "auto" }, "detour"],
    [
      "fallback is automatic, and there is nobody",
      { pinned: { out: OUT }, mode: "auto", candidate: () => undefined },
      "stopped",
    ],
    [
      "fallback is automatic, and a person went back",
      { pinned: { out: OUT }, mode: "auto", session: { triesPin: true } },
      "pinned",
    ],
    [
      "fallback is automatic, and there was a switch for this window",
      { pinned: { out: OUT }, mode: "auto", session: { quotaNotes: { [OUT.key]: { switchedUntil: NOW + 1 } } } },
      "stopped",
    ],
  ] satisfies readonly (readonly [string, Given, QuestionRoute["kind"]])[])(
    "where %s: %s",
    async (_when, given, kind) => {
      expect(await kindOf(given as Given)).toBe(kind);
    },
  );

  it("lets the other model answer until the renewal, and then the pinned one by itself", async () => {
    const session = { detour: detour() };
    const pinned = { out: OUT };
    expect(await routeQuestion(facts({ session, pinned }))).toMatchObject({ kind: "detour", isNew: false });
    expect(await kindOf({ session, pinned, now: OUT.renewsAt ?? 0 })).toBe("stopped");
    expect(await kindOf({ session, now: OUT.renewsAt ?? 0 })).toBe("pinned");
  });

  it("ends an open-ended detour with the first healthy reading, and after a day", async () => {
    const session = { detour: detourFor({ ...OUT, renewsAt: undefined }, OTHER, { pin: PIN, by: "Ada", now: NOW }) };
    expect(session.detour).toMatchObject({ isOpenEnded: true, until: NOW + 24 * HOUR_MS });
    expect(await kindOf({ session, pinned: { out: OUT } })).toBe("detour");
    expect(await kindOf({ session })).toBe("pinned");
    expect(await kindOf({ session, pinned: { out: OUT }, now: NOW + 24 * HOUR_MS })).toBe("stopped");
  });

  it.each([
    ["the pin has moved", { pin: { ...PIN, at: 2 } }],
    ["fallback was switched off", { mode: "off" }],
    ["its own quota is out", { other: { out: OUT } }],
    ["its own quota is at risk", { other: { risk: RISK } }],
    ["it may not be used there any more", { isAllowed: () => false }],
  ] satisfies readonly (readonly [string, Given])[])("gives a detour up where %s", async (_when, given) => {
    expect(await kindOf({ session: { detour: detour() }, ...(given as Given) })).toBe("pinned");
  });

  it("says which model was given up where it is short of quota itself", async () => {
    const session = { detour: detour() };
    expect(await routeQuestion(facts({ session, other: { out: OUT } }))).toMatchObject({ lost: session.detour });
    const both = await routeQuestion(facts({ session, pinned: { out: OUT }, other: { out: OUT } }));
    expect(both).toMatchObject({ kind: "stopped", lost: session.detour });
  });
});

describe("withDetour()", () => {
  it("notes the switch, forgets the wish to try, and drops notes that matter no more", () => {
    const old = { old: { toldAt: NOW - 41 * 24 * HOUR_MS }, recent: { toldAt: NOW - HOUR_MS } };
    const after = withDetour<Routed>({ triesPin: true, quotaNotes: old }, detour());
    expect(after).toEqual({
      detour: detour(),
      quotaNotes: { recent: old.recent, [OUT.key]: { switchedUntil: OUT.renewsAt } },
    });
    expect(withoutDetour(after)).not.toHaveProperty("detour");
    expect(recentNotes({}, NOW)).toEqual({});
  });
});

/** Numbers that look random and are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A conversation over a fortnight in which quotas come and go; what it did, question by question. */
async function conversation(seed: number, mode: RouteFacts["mode"], presses: boolean) {
  const next = random(seed);
  const asked: { readonly now: number; readonly route: QuestionRoute; readonly short: ReadonlySet<string> }[] = [];
  let session: Routed = {};
  for (let now = NOW, step = 0; step < 150; step++, now += next() * 4 * HOUR_MS) {
    const cycle = Math.floor((now - NOW) / (6 * HOUR_MS));
    const renewsAt = NOW + (cycle + 1) * 6 * HOUR_MS;
    const roll = (name: string) => {
      const dice = random(seed * 7_919 + cycle * 104_729 + name.length * 1_000_003)();
      const isUnknown = dice * 10 - Math.floor(dice * 10) < 0.2;
      const state = { ...OUT, renewsAt: isUnknown ? undefined : renewsAt };
      return dice < 0.3 ? { out: state } : dice < 0.5 ? { risk: { ...RISK, renewsAt } } : {};
    };
    const quotas: Record<string, Partial<ModelQuota>> = { "groq/m1": roll("a"), "openai/m1": roll("bb") };
    const quotaOf = (model: ModelRef) => ({ isKnown: true, ...quotas[modelName(model)] });
    const own = quotaOf(OTHER);
    const isShort = own.out !== undefined || own.risk !== undefined;
    const route = await routeQuestion({
      ...facts({ mode, now, session, mayProbe: async () => next() < 0.1 }),
      quotaOf,
      candidate: () => (isShort ? undefined : { ...OTHER, isQuotaKnown: true }),
    });
    const short = new Set(Object.keys(quotas).filter((name) => quotas[name]?.out ?? quotas[name]?.risk));
    asked.push({ now, route, short });
    if (route.kind === "detour" && route.isNew) session = withDetour(session, route.detour);
    if (route.kind !== "detour") session = withoutDetour(session);
    const cause = quotas["groq/m1"]?.out ?? quotas["groq/m1"]?.risk;
    const isOver = now >= (session.quotaNotes?.[OUT.key]?.switchedUntil ?? 0);
    if (presses && route.kind !== "detour" && cause !== undefined && !isShort && isOver && next() < 0.5) {
      session = withDetour(session, detourFor(cause, OTHER, { pin: PIN, by: "Ada", now }));
    }
    if (presses && next() < 0.05) session = { ...withoutDetour(session), triesPin: true };
  }
  return asked;
}

describe("a conversation whose quotas come and go", () => {
  it.each(["ask", "off"] as const)("never leaves its pin without consent (%s)", async (mode) => {
    for (let seed = 1; seed <= 60; seed++) {
      for (const { route } of await conversation(seed, mode, false)) expect(route.kind).not.toBe("detour");
    }
  });

  it.each([
    ["auto", false],
    ["auto", true],
    ["ask", true],
  ] as const)("asks the other model only while its own quota is fine (%s, presses: %s)", async (mode, presses) => {
    let detours = 0;
    for (let seed = 1; seed <= 60; seed++) {
      for (const { route, short } of await conversation(seed, mode, presses)) {
        if (route.kind !== "detour") continue;
        detours += 1;
        expect(short.has("openai/m1")).toBe(false);
      }
    }
    expect(detours).toBeGreaterThan(100);
  });

  it("switches at most once a window", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const began = (await conversation(seed, "auto", true)).flatMap(({ route }) =>
        route.kind === "detour" && route.isNew ? [route.detour] : [],
      );
      for (const [index, one] of began.entries()) {
        const before = began[index - 1];
        if (before !== undefined) expect(one.at).toBeGreaterThanOrEqual(before.until);
      }
    }
  });
});
