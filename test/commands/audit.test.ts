import { describe, expect, it } from "vitest";
import { createPersonalData } from "../../src/bot/personal-data/personal-data.js";
import type { Invocation } from "../../src/commands/command.js";
import { type AuditEntry, auditRow } from "../../src/store/audit.js";
import { TABLES, writesOf } from "../../src/store/store.js";
import { quotaState } from "../support/quota-states.js";
import { chat, harness } from "./harness.js";

type Recorded = Pick<AuditEntry, "kind"> & { readonly what: string; readonly before?: string; readonly after?: string };

/** What leaves the row, after the lines before it; a command that is not here changes nothing that is recorded. */
const RECORDED: Readonly<Record<string, readonly (readonly [lines: readonly string[], row: Recorded])[]>> = {
  "settings auto-refresh": [
    [["/settings auto-refresh off"], { kind: "settings", what: "auto-refresh", after: "off" }],
    [
      ["/settings auto-refresh 5", "/settings auto-refresh 10"],
      { kind: "settings", what: "interval", before: "5", after: "10" },
    ],
    [
      ["/settings auto-refresh off provider:openai"],
      { kind: "settings", what: "providers.openai.auto-refresh", after: "off" },
    ],
  ],
  "settings model": [
    [["/settings model openai/gpt-5"], { kind: "settings", what: "model", after: "openai/gpt-5" }],
    [["/settings model openai/*"], { kind: "settings", what: "modelPattern.pattern", after: "openai/*" }],
    [
      ["/settings model openai/gpt-5", "/settings model default"],
      { kind: "settings", what: "model", before: "openai/gpt-5" },
    ],
  ],
  "settings models": [[["/settings models deny openai/*"], { kind: "rules", what: "models.deny", after: "openai/*" }]],
  "settings switching": [
    [["/settings switching operators"], { kind: "settings", what: "switching", after: "operators" }],
  ],
  "settings system": [[["/settings system operators"], { kind: "settings", what: "system", after: "operators" }]],
  "settings access": [[["/settings access guests:off"], { kind: "settings", what: "access.guests", after: "off" }]],
  "settings fallback": [[["/settings fallback auto"], { kind: "settings", what: "fallback.mode", after: "auto" }]],
  "settings footer": [
    [["/settings footer on", "/settings footer off"], { kind: "settings", what: "footer", before: "on", after: "off" }],
  ],
  "chat choose": [[["/chat choose openai/gpt-5"], { kind: "model", what: "pin", after: "openai/gpt-5" }]],
  "settings language": [
    [
      ["/settings language de", "/settings language en"],
      { kind: "settings", what: "language", before: "de", after: "en" },
    ],
  ],
  "settings feedback": [[["/settings feedback off"], { kind: "settings", what: "feedback", after: "off" }]],
  "models offer": [
    [
      ["/models offer openai/gpt-5 demo/demo-small"],
      { kind: "rules", what: "offers.openai/gpt-5.successor", after: "demo/demo-small" },
    ],
  ],
  "models use": [
    [["/models use openai/gpt-5"], { kind: "model", what: "pin", after: "openai/gpt-5" }],
    [
      ["/models use openai/gpt-5", "/models use demo/demo-small"],
      { kind: "model", what: "pin", before: "openai/gpt-5", after: "demo/demo-small" },
    ],
  ],
  "models unpin": [
    [["/models use openai/gpt-5", "/models unpin"], { kind: "model", what: "pin", before: "openai/gpt-5" }],
  ],
  "models detour": [
    [
      ["/models use openai/gpt-5", "/models detour demo/demo-small"],
      { kind: "model", what: "detour", after: "demo/demo-small" },
    ],
  ],
  "models back": [
    [
      ["/models use openai/gpt-5", "/models back"],
      { kind: "model", what: "pin", after: "tried with the next question" },
    ],
    [
      ["/models use openai/gpt-5", "/models detour demo/demo-small", "/models back"],
      { kind: "model", what: "detour", before: "demo/demo-small" },
    ],
  ],
  "settings budget": [
    [["/settings budget person 2 usd day"], { kind: "budget", what: "budgets.person.amount", after: "2" }],
    [
      ["/settings budget person 2 usd day", "/settings budget person off"],
      { kind: "budget", what: "budgets.person.amount", before: "2" },
    ],
  ],
  "settings raise": [
    [
      ["/settings budget workspace 2 usd day", "/settings raise workspace"],
      { kind: "budget", what: "budgets.raised.workspace/playground:local.amount", after: "4" },
    ],
  ],
  "models watch": [[["/models watch openai/* new"], { kind: "watch", what: "openai/*", after: "new" }]],
  "models unwatch": [
    [["/models watch openai/* new", "/models unwatch openai/*"], { kind: "watch", what: "openai/*", before: "new" }],
  ],
  "models board": [[["/models board"], { kind: "board", what: "board", after: "posted" }]],
  "chat system": [
    [["/chat system secret words"], { kind: "prompt", what: "system prompt", after: "set" }],
    [
      ["/chat system secret words", "/chat system default"],
      { kind: "prompt", what: "system prompt", before: "one of its own", after: "the host's alone" },
    ],
  ],
  "chat reasoning": [[["/chat reasoning on"], { kind: "settings", what: "reasoning", before: "off", after: "on" }]],
  "chat forget": [[["/chat forget"], { kind: "data", what: "conversation", after: "forgotten" }]],
  "chat export": [[["/chat export"], { kind: "data", what: "conversation", after: "exported" }]],
  "privacy export": [[["/privacy export"], { kind: "data", what: "own data", after: "exported" }]],
  "privacy erase": [[["/privacy erase confirm:on"], { kind: "data", what: "own data", after: "erased" }]],
  audit: [
    [["/settings footer on", "/audit output:file"], { kind: "data", what: "record of changes", after: "exported" }],
  ],
};

/** Their arguments where they need some. A command without options may be left out. What they do is no change that somebody could want to look up. */
const UNRECORDED: Readonly<Record<string, string>> = {
  "refresh-models": "",
  "models status": "",
  "models list": "",
  "models changes": "",
  "models watches": "",
  "settings show": "",
  // It begins, ends or repeats an answer, or moves where the conversation begins.
  "chat new": "",
  "chat stop": "",
  "chat retry": "",
  "chat compare": "",
  "chat rate": "good",
  "chat thread": "",
  usage: "",
  "usage quota": "",
  "usage budget": "",
  doctor: "",
  privacy: "",
  help: "",
};

/** They leave nothing else in the store. */
const EXPORTS = ["chat export", "privacy export", "audit"];

function world() {
  const out = quotaState({ window: { provider: "openai" }, isOut: true });
  const made: ReturnType<typeof harness> = harness({
    personalData: {
      summary: (person) => personalData().summary(person),
      export: (person) => personalData().export(person),
      erase: (person, also) => personalData().erase(person, also),
    },
    providers: [
      { id: "openai", models: chat("gpt-5") },
      { id: "demo", models: chat("demo-small") },
    ],
    ofModel: ({ provider }) => (provider === "openai" ? { out } : {}),
  });
  const { store, clock, logged } = made;
  const log = {
    info: (fields: object) => void logged.push(fields),
    warn: (fields: object) => void logged.push(fields),
  };
  const personalData = () => createPersonalData({ store, clock, log, surfaces: [], forgetImages() {} });
  const entries = async () => (await made.store.values("audit").entries()).map(([, row]) => auditRow.parse(row));
  /** Rows of all tables but the record itself. */
  const contents = async () =>
    JSON.stringify(
      await Promise.all(TABLES.filter((table) => table !== "audit").map((table) => made.store.values(table).entries())),
    );
  return { ...made, entries, contents };
}

describe("the record of changes", () => {
  it("knows of every command with options whether it leaves a row", () => {
    const { commands } = world().dispatcher;
    const known = [...Object.keys(RECORDED), ...Object.keys(UNRECORDED)];
    expect(known.filter((each) => !commands.some(({ path }) => path === each))).toEqual([]);
    const takesOptions = commands.filter(({ options }) => Object.keys(options).length > 0);
    expect(takesOptions.map(({ path }) => path).filter((path) => !known.includes(path))).toEqual([]);
  });

  it.each(Object.entries(RECORDED).flatMap(([path, cases]) => cases.map(([lines, row]) => ({ path, lines, row }))))(
    "$path leaves a row: $lines",
    async ({ lines, row }) => {
      const { say, entries, sessions, clock } = world();
      await sessions.take("playground:local:general", aTurn(clock.now()));
      for (const line of lines) {
        await say(line, { door: "button" });
        await clock.advance(1_000);
      }
      const last = (await entries()).at(-1);
      const { kind, ...change } = row;
      expect(last).toMatchObject({
        kind,
        platform: "playground",
        workspace: "playground:local",
        conversation: "playground:local:general",
        door: "button",
      });
      expect(last?.changes).toContainEqual(change);
      expect(JSON.stringify(await entries())).not.toMatch(/secret words|what was asked/);
    },
  );

  const others = harness().dispatcher.commands.filter(({ path }) => !(path in RECORDED));
  it.each(others.map(({ path }) => [path, UNRECORDED[path] ?? ""]))(
    "/%s changes no setting, pin, watch or board",
    async (path, values) => {
      const { say, entries, contents } = world();
      const before = await contents();
      await say(`/${path} ${values}`.trim());
      if (path !== "chat new") expect(await contents()).toBe(before);
      expect(await entries()).toEqual([]);
    },
  );

  it("has no row for what a person was refused, or what stayed as it was", async () => {
    const { say, entries } = world();
    await say("/settings footer on", { isOperator: false });
    await say("/settings models deny");
    await say("/settings footer on");
    await say("/settings footer on");
    expect(await entries()).toHaveLength(1);
  });

  it.each(Object.entries(RECORDED).filter(([path]) => !EXPORTS.includes(path)))(
    "writes the row of /%s in one step with the change",
    async (_path, [[lines] = [[]]]) => {
      const { say, store, sessions, clock } = world();
      await sessions.take("playground:local:general", aTurn(clock.now()));
      const steps: (readonly string[])[] = [];
      const { write, swap } = store;
      store.write = (writes) => {
        steps.push(writes.map(({ table }) => table));
        return write(writes);
      };
      store.swap = (row, writes) => {
        steps.push([...writesOf(row), ...writes].map(({ table }) => table));
        return swap(row, writes);
      };
      for (const line of lines) await say(line);
      const recorded = steps.filter((tables) => tables.includes("audit"));
      expect(recorded).not.toEqual([]);
      for (const tables of recorded) expect(tables.filter((table) => table !== "audit")).not.toEqual([]);
    },
  );
});

const aTurn = (at: number) => ({
  question: { message: "m1", author: "Ada", authorId: "u1", text: "what was asked", at },
  answer: "an answer",
  ending: "done" as const,
  provider: "openai",
  model: "gpt-5",
  usage: null,
  endedAt: at,
});

describe("/audit", () => {
  const ADA: Partial<Invocation> = { user: { id: "u1", name: "Ada" } };
  const BOB: Partial<Invocation> = { user: { id: "u2", name: "Bob" } };

  it("says who changed what from what to what, and through which door", async () => {
    const { say } = world();
    await say("/settings footer on", ADA);
    await say("/settings footer off", { ...BOB, door: "reaction" });
    const text = await say("/audit");
    expect(text).toMatch(
      /\*\*Bob\*\* footer: `on` → `off` \(playground, reaction\)\n.*\*\*Ada\*\* footer: – → `on` \(playground, command\)/,
    );
    expect(await say("/audit 30d settings bob")).not.toContain("Ada");
    expect(await say("/audit today <@u1>")).not.toContain("Bob");
    expect(await say("/audit model")).toContain("Nothing was changed here");
  });

  it("looks back as far as it is asked to", async () => {
    const { say, clock } = world();
    await say("/settings footer on");
    await clock.advance(10 * 86_400_000);
    expect(await say("/audit")).toContain("Nothing was changed here");
    expect(await say("/audit 30d")).toContain("footer");
  });

  it("pages, each page with a button for the one before", async () => {
    const { say, controls } = world();
    for (let index = 0; index < 12; index++) await say(`/settings footer ${index % 2 === 0 ? "on" : "off"}`);
    expect((await say("/audit")).match(/^- /gm)).toHaveLength(10);
    const [older] = await controls("/audit");
    expect(older).toMatchObject({ label: "Older ▶" });
    expect((await say(older && "command" in older ? older.command : "")).match(/^- /gm)).toHaveLength(2);
  });

  it("shows values whole, and as many changes as fit into a message", async () => {
    const { say, controls } = world();
    const globs = (round: number) =>
      Array.from({ length: 9 }, (_, index) => `openrouter/a-vendor-${index}/round-${round}-*`).join(", ");
    for (let round = 0; round < 6; round++) await say(`/settings models deny ${globs(round)}`);
    const found = new Set<string>();
    for (let line: string | undefined = "/audit"; line !== undefined; ) {
      const text = await say(line);
      expect(text.length).toBeLessThanOrEqual(1_900);
      for (let round = 0; round < 6; round++) if (text.includes(`→ \`${globs(round)}\``)) found.add(globs(round));
      const [older] = await controls(line);
      line = older?.label === "Older ▶" && "command" in older ? older.command : undefined;
    }
    expect(found.size).toBe(6);
  });

  it("hands it over as a file", async () => {
    const { say, replies } = world();
    await say("/settings footer on");
    const [reply] = await replies("/audit output:file");
    const file = JSON.parse(new TextDecoder().decode(reply?.files?.[0]?.bytes));
    expect(file.changes).toHaveLength(1);
    expect(file.changes[0]).toMatchObject({ kind: "settings", user: { name: "Ada" }, changes: [{ what: "footer" }] });
  });

  it("is for operators, of their own workspace, and leaves out what others do in direct messages", async () => {
    const { say } = world();
    const direct = { workspace: "slack:T1", conversation: "slack:T1:D1", isDirect: true, isOperator: false };
    await say("/models use openai/gpt-5", direct);
    await say("/settings footer on", { workspace: "slack:T1", conversation: "slack:T1:C1" });
    expect(await say("/audit", { isOperator: false })).toMatch(/^🔒/);
    expect(await say("/audit")).toContain("Nothing was changed here");
    const channel = await say("/audit", { workspace: "slack:T1", conversation: "slack:T1:C1" });
    expect(channel).toContain("footer");
    expect(channel).not.toContain("pin");
    const own = await say("/audit", direct);
    expect(own).toContain("pin");
    expect(own).not.toContain("footer");
    expect(await say("/audit", { ...direct, conversation: "slack:T1:D2" })).toContain("Nothing was changed here");
  });
});
