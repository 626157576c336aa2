import { describe, expect, it } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { type Command, defineCommand } from "../../src/commands/command.js";
import { createDispatcher } from "../../src/commands/dispatch.js";
import { StoreError } from "../../src/store/store.js";
import { harness } from "./harness.js";

const { invocation } = harness();

function dispatcherOf(...commands: readonly Partial<Command>[]) {
  const logged: { level: string; fields: Record<string, unknown> }[] = [];
  const at = (level: string) => (fields: object) => void logged.push({ level, fields: { ...fields } });
  const dispatcher = createDispatcher({
    commands: commands.map((command) =>
      defineCommand({
        path: "try it",
        about: "",
        access: "anyone",
        visibility: "public",
        options: {},
        async *run() {
          yield { markdown: "ran" };
        },
        ...command,
      }),
    ),
    log: { warn: at("warn"), error: at("error") },
    newId: () => "ref-7",
    chatRefusal: async () => "🔒 Not you.",
  });
  const all = async (text: string, isOperator = false) => {
    const texts: string[] = [];
    for await (const { markdown } of dispatcher.run(text, invocation({ isOperator }))) texts.push(markdown);
    return texts;
  };
  return { dispatcher, logged, all };
}

describe("dispatcher.run()", () => {
  it("gives every reply in order", async () => {
    const { all } = dispatcherOf({
      async *run() {
        yield { markdown: "one" };
        yield { markdown: "two" };
      },
    });
    expect(await all("/try it")).toEqual(["one", "two"]);
  });

  it("refuses an operator's command to anybody else, before its arguments are read", async () => {
    let runs = 0;
    const { all } = dispatcherOf({
      access: "operator",
      async *run() {
        runs++;
        yield { markdown: "ran" };
      },
    });
    for (const door of ["/try it", "!try it", "/TRY IT nonsense"]) {
      const [text, ...more] = await all(door);
      expect(text).toMatch(/^🔒 Only operators may use `\/try it` here/);
      expect(more).toEqual([]);
    }
    expect(runs).toBe(0);
    expect(await all("/try it", true)).toEqual(["ran"]);
    expect(runs).toBe(1);
  });

  it("asks the workspace's rule where there is one, each time", async () => {
    let access: "anyone" | "operator" = "anyone";
    const { all } = dispatcherOf({ accessFor: () => access });
    expect(await all("/try it")).toEqual(["ran"]);
    access = "operator";
    expect((await all("/try it"))[0]).toContain("Only operators");
    expect(await all("/try it", true)).toEqual(["ran"]);
  });

  it("refuses what changes a conversation to those who may not chat in it, but not to operators", async () => {
    const { all } = dispatcherOf({ isForChatters: true });
    expect(await all("/try it")).toEqual(["🔒 Not you. Nothing was changed."]);
    expect(await all("/try it", true)).toEqual(["ran"]);
  });

  it("runs heavy commands one at a time, and others beside them", async () => {
    const running = { now: 0, most: 0 };
    const { all } = dispatcherOf({
      isHeavy: true,
      async *run() {
        running.now += 1;
        running.most = Math.max(running.most, running.now);
        await new Promise(setImmediate);
        yield { markdown: "ran" };
        running.now -= 1;
      },
    });
    expect((await Promise.all([all("/try it"), all("/try it"), all("/try it")])).flat()).toEqual(["ran", "ran", "ran"]);
    expect(running.most).toBe(1);
  });

  it("shows a UserError's text as it is, and logs nothing", async () => {
    const { all, logged } = dispatcherOf({
      async *run() {
        yield { markdown: "first" };
        throw new UserError("Do that instead.");
      },
    });
    expect(await all("/try it")).toEqual(["first", "Do that instead."]);
    expect(logged).toEqual([]);
  });

  it("says that the store failed in plain words", async () => {
    const { all, logged } = dispatcherOf({
      // biome-ignore lint/correctness/useYield: it fails before its first reply
      async *run() {
        throw new StoreError("SQLITE_BUSY at /data/x.sqlite");
      },
    });
    const [text] = await all("/try it");
    expect(text).toContain("could not be saved or read just now");
    expect(text).toContain("ref-7");
    expect(text).not.toContain("SQLITE");
    expect(logged).toMatchObject([{ level: "warn", fields: { id: "ref-7", command: "try it" } }]);
  });

  it.each([
    ["an error", new TypeError("secret detail")],
    ["something that is no error", "secret detail"],
    ["nothing", undefined],
  ])("apologizes with a reference when a command throws %s", async (_name, thrown) => {
    const { all, logged } = dispatcherOf({
      run() {
        throw thrown;
      },
    });
    const [text] = await all("/try it");
    expect(text).toContain("Sorry");
    expect(text).toContain("`ref-7`");
    expect(text).not.toContain("secret detail");
    expect(logged).toMatchObject([{ level: "error", fields: { id: "ref-7", command: "try it", error: thrown } }]);
  });

  it("answers what is no command", async () => {
    expect(await dispatcherOf({}).all("/tri it")).toEqual([
      "There is no command `/tri`. Did you mean `/try it`? Available: `/try it`.",
    ]);
  });

  it("lets the asker leave early", async () => {
    let isCleanedUp = false;
    const { dispatcher } = dispatcherOf({
      async *run() {
        try {
          yield { markdown: "one" };
          yield { markdown: "two" };
        } finally {
          isCleanedUp = true;
        }
      },
    });
    for await (const _reply of dispatcher.run("/try it", invocation())) break;
    expect(isCleanedUp).toBe(true);
  });
});

describe("dispatcher.visibilityOf()", () => {
  it("is the command's own, and ephemeral for what is none", () => {
    const { dispatcher } = dispatcherOf({});
    expect(dispatcher.visibilityOf("/try it with words")).toBe("public");
    expect(dispatcher.visibilityOf("/nonsense")).toBe("ephemeral");
  });
});

describe("dispatcher.suggest()", () => {
  it("gives at most 100 choices", () => {
    const choices = Array.from({ length: 101 }, (_unused, index) => ({ label: `${index}`, value: `${index}` }));
    const { dispatcher } = dispatcherOf({ suggest: () => choices });
    expect(dispatcher.suggest("/try it", "option", "", invocation())).toEqual(choices.slice(0, 100));
  });

  it("gives none for what is no command, has none, or fails", () => {
    const { dispatcher, logged } = dispatcherOf(
      {},
      {
        path: "fail",
        suggest() {
          throw new Error("broken");
        },
      },
    );
    expect(dispatcher.suggest("/nonsense", "option", "", invocation())).toEqual([]);
    expect(dispatcher.suggest("/try it", "option", "", invocation())).toEqual([]);
    expect(dispatcher.suggest("/fail", "option", "", invocation())).toEqual([]);
    expect(logged).toMatchObject([{ level: "warn", fields: { command: "fail", option: "option" } }]);
  });
});
