import { describe, expect, it } from "vitest";
import { timeMark } from "../../src/base/time.js";
import { chat, harness } from "./harness.js";

const CONVERSATION = "playground:local:general";
const pinIn = async (world: ReturnType<typeof harness>) => (await world.sessions.get(CONVERSATION)).pin;

describe("/models use", () => {
  it("says when the model was refused for chat", async () => {
    const refused = [{ model: "gpt-x", as: "not-usable", at: 1, isGone: false }] as const;
    const world = harness({ providers: [{ id: "openai", models: chat("gpt-x", "gpt-5"), refused }] });
    expect(await world.say("/models use openai/gpt-x")).toContain("refused it for chat when it was last used");
    expect(await world.say("/models use openai/gpt-5")).not.toContain("refused");
  });

  it("asks for the list of the provider that is switched to, where it is stale", async () => {
    const world = harness();
    await world.say("/models use demo/demo-small");
    await world.say("/models use no such model");
    expect(world.nudges).toEqual([{ trigger: "switch", providers: ["demo"] }]);
  });

  it("pins the conversation and keeps what was said", async () => {
    const world = harness();
    await world.sessions.change(CONVERSATION, (before) => ({ ...before, firstTurn: 2, nextTurn: 7 }));
    const [reply, ...more] = await world.replies("/models use openai/gpt-5", { isOperator: false });
    expect(reply).toEqual({
      markdown: "📌 This conversation now uses **openai/gpt-5**. The history is kept.",
      controls: [{ label: "Start fresh", command: "/chat new" }],
    });
    expect(more).toEqual([]);
    expect(await world.sessions.get(CONVERSATION)).toMatchObject({
      pin: { provider: "openai", model: "gpt-5", by: "Ada", at: world.clock.now() - 1 },
      firstTurn: 2,
      nextTurn: 7,
    });
  });

  it.each(["gpt-5", "GPT-5", "model:openai/gpt-5", "OpenAI/GPT-5", "openai", "openai/gpt\u200b-5"])(
    "takes %s for the one it must be",
    async (typed) => {
      const world = harness();
      await world.say(`/models use ${typed}`);
      expect(await pinIn(world)).toMatchObject({ provider: "openai", model: "gpt-5" });
    },
  );

  it("pins only the conversation that it is said in", async () => {
    const world = harness();
    await world.say("/models use gpt-5", { conversation: "playground:local:other" });
    expect(await pinIn(world)).toBeNull();
  });

  it("accepts a model that is not listed, with a note", async () => {
    const world = harness();
    expect(await world.say("/models use openai/o9:free/x")).toBe(
      `📌 This conversation now uses **openai/o9:free/x**. The history is kept.\n⚠️ \`openai\` does not list it (list from ${timeMark(world.at)}), so the next answer will show whether it works.`,
    );
    expect(await pinIn(world)).toMatchObject({ provider: "openai", model: "o9:free/x" });
  });

  it("notes that its provider has no list yet", async () => {
    const world = harness({ providers: [{ id: "groq" }] });
    expect(await world.say("/models use groq/llama")).toContain("`groq` has no list yet");
    expect(await pinIn(world)).toMatchObject({ provider: "groq", model: "llama" });
  });

  it.each(["groq", "groq/"])("asks for the model of %s while it has no list to choose from", async (typed) => {
    const world = harness({ providers: [{ id: "groq" }] });
    expect(await world.say(`/models use ${typed}`)).toContain("Type the model too, like `groq/model`.");
  });

  it("notes a model that is not for chat", async () => {
    const world = harness({ providers: [{ id: "openai", models: [{ id: "tts", isChat: false }] }] });
    expect(await world.say("/models use openai/tts")).toContain("does not list it as a chat model");
  });

  it("asks back when several fit, and changes nothing", async () => {
    const world = harness();
    const [reply] = await world.replies("/models use mini");
    expect(reply?.markdown).toBe(
      "`mini` matches several models. Nothing was changed. Which one do you mean?\n- `openai/gpt-5-mini`\n- `openai/o4_mini`",
    );
    expect(reply?.controls).toEqual([
      { label: "openai/gpt-5-mini", command: "/models use openai/gpt-5-mini" },
      { label: "openai/o4_mini", command: "/models use openai/o4_mini" },
    ]);
    expect(await pinIn(world)).toBeNull();
    await world.say("/models use openai/o4_mini");
    expect(await pinIn(world)).toMatchObject({ model: "o4_mini" });
  });

  it("offers up to five choices as buttons and more as a menu", async () => {
    const ids = ["llama-a", "llama-b", "llama-c", "llama-d", "llama-e", "llama-f"];
    const five = harness({ providers: [{ id: "groq", models: chat(...ids.slice(1)) }] });
    expect(await five.controls("/models use llama")).toHaveLength(5);
    const six = harness({ providers: [{ id: "groq", models: chat(...ids) }] });
    const [menu, ...more] = await six.controls("/models use llama");
    expect(menu && "options" in menu && menu.options).toHaveLength(6);
    expect(more).toEqual([]);
  });

  it.each([
    ["foo/bar", "no provider `foo`. Configured: `openai` and `demo`."],
    ["nonsense", "No list has a model `nonsense`."],
    ["openai/", "`openai/` matches several models."],
    ["openai/two words", "can't contain spaces"],
    ["__proto__", "No list has a model `__proto__`."],
    ["__proto__/x", "no provider `__proto__`"],
    ["", "`/models use` needs `model`"],
    ["\u0000\u200b", "`/models use` needs `model`"],
    ["x".repeat(10_000), "`model` is too long: 10,000 characters, and at most 233 are allowed."],
  ])("answers %j and changes nothing", async (typed, expected) => {
    const world = harness();
    const text = await world.say(`/models use ${typed}`);
    expect(text).toContain(expected);
    expect(text.length).toBeLessThan(600);
    expect(await pinIn(world)).toBeNull();
  });

  it("keeps names from breaking the formatting", async () => {
    const world = harness();
    expect(await world.say("/models use openai/a*b`c_d_")).toContain("**openai/a\\*b\\`c_d\\_**");
  });

  it("is for operators where the workspace says so, and for everyone elsewhere", async () => {
    const world = harness();
    await world.say("/settings switching operators");
    const person = { isOperator: false };
    expect(await world.say("/models use gpt-5", person)).toContain("🔒 Only operators may use `/models use`");
    expect(await world.say("/models unpin", person)).toContain("🔒 Only operators may use `/models unpin`");
    expect(await pinIn(world)).toBeNull();
    expect(await world.say("/models use gpt-5")).toContain("📌");
    expect(await world.say("/models use gpt-5", { ...person, workspace: "discord:2" })).toContain("📌");
    await world.say("/settings switching anyone");
    expect(await world.say("/models use gpt-5", person)).toContain("📌");
  });

  it("says so when the store is down, and changes nothing", async () => {
    const world = harness();
    world.store.breakDown();
    expect(await world.say("/models use gpt-5")).toContain("could not be saved or read just now");
    expect(world.logged).toHaveLength(1);
  });

  it("suggests models from memory", () => {
    expect(
      harness()
        .suggest("/models use", "model", "gpt")
        .map(({ value }) => value),
    ).toEqual(["openai/gpt-5", "openai/gpt-5-mini"]);
  });
});

describe("/models unpin", () => {
  it("lets go of the model, keeps what was said, and says what comes next", async () => {
    const world = harness({ host: { defaultModel: { provider: "demo", model: "demo-small" } } });
    await world.say("/models use gpt-5");
    await world.sessions.change(CONVERSATION, (before) => ({ ...before, nextTurn: 7 }));
    expect(await world.say("/models unpin", { isOperator: false })).toBe(
      "This channel is no longer pinned to **openai/gpt-5**; the history is kept. The next message here pins this channel to the default model, now **demo/demo-small** (the host's default).",
    );
    expect(await world.sessions.get(CONVERSATION)).toMatchObject({ pin: null, firstTurn: 0, nextTurn: 7 });
    expect(await world.say("/models unpin")).toMatch(/^No model is pinned here\./);
  });

  it("says so when there is no default yet", async () => {
    expect(await harness({ providers: [{ id: "openai" }] }).say("/models unpin")).toContain(
      "There is no default model yet",
    );
  });
});
