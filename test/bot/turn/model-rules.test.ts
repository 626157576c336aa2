import { describe, expect, it } from "vitest";
import { settle } from "../../support/fake-clock.js";
import { CONVERSATION, world } from "../chat-world.js";

const PIN = { provider: "openai", model: "gpt-5-pro", at: 1, by: "Ada" };

async function pinned() {
  const it = world();
  await it.sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN }));
  await it.settings.change("fake:home", (before) => ({ ...before, models: { deny: ["*-pro"] } }));
  return it;
}

describe("a conversation whose model is not allowed any more", () => {
  it("gets a clear answer and a button to the default, and keeps its pin", async () => {
    const { ask, platform, openai, sessions } = await pinned();
    await ask("hello", { message: "q1" });
    const answer = platform.answers.at(-1);
    expect(answer?.text).toBe(
      "🔒 **openai/gpt-5-pro** is ruled out by this workspace: deny `*-pro`. The pin stays until somebody changes it. " +
        "The default here is **openai/m1**. An operator can change that with `/settings models`. `/models list` shows " +
        "what may be used.",
    );
    expect(answer?.controls).toEqual([{ label: "Use the default", command: "/models unpin" }]);
    expect(openai.streams).toEqual([]);
    expect((await sessions.get(CONVERSATION)).pin).toEqual(PIN);
  });

  it("is answered again as soon as the rule is gone", async () => {
    const { ask, openai, settings } = await pinned();
    await ask("hello", { message: "q1" });
    await settings.change("fake:home", () => ({}));
    await ask("again", { message: "q2" });
    await settle();
    expect(openai.streams[0]?.request.model).toBe("gpt-5-pro");
  });
});
