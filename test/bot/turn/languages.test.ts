import { describe, expect, it } from "vitest";
import { settle } from "../../support/fake-clock.js";
import { world } from "../chat-world.js";

/** Two workspaces of one bot, "home" in English and "haus" in German. */
async function twoWorkspaces() {
  const it = world();
  const { platform, chat, settings } = it;
  await settings.change("fake:haus", (before) => ({ ...before, language: "de" }));
  return {
    ...it,
    async ask(workspace: string, text: string) {
      const mention = platform.mention(text, { channel: workspace });
      await chat.onMention(platform, { ...mention, message: { ...mention.message, workspace } });
      await settle();
    },
    shownIn: (workspace: string) => platform.answers.filter(({ key }) => key.workspace === workspace),
  };
}

describe("questions of two workspaces at once, one of them German", () => {
  it("each get buttons and lines in their own language", async () => {
    const { ask, openai, shownIn } = await twoWorkspaces();
    await ask("home", "one");
    await ask("haus", "eins");
    const [english, german] = openai.streams;
    for (const stream of [german, english]) stream?.send("said");
    await settle();
    const labels = ["home", "haus"].map((place) =>
      shownIn(place)
        .at(-1)
        ?.controls?.map(({ label }) => label),
    );
    expect(labels).toEqual([["⏹️ Stop"], ["⏹️ Stopp"]]);
    for (const stream of [german, english]) stream?.finish({ reason: "length" });
    await settle();
    expect(shownIn("home").at(-1)?.text).toContain("⚠️ The answer reached the model's length limit.");
    expect(shownIn("haus").at(-1)?.text).toContain("⚠️ Die Antwort hat das Längenlimit des Modells erreicht.");
  });

  it("are refused in their own language", async () => {
    const { ask, texts } = await twoWorkspaces();
    for (const place of ["home", "haus", "home"]) await ask(place, "");
    const english = "There is no question in this message. Type what you would like to know.";
    expect(texts()).toEqual([english, expect.stringContaining("keine Frage"), english]);
  });

  it("end with the fixed texts in English, and send the model nothing in German", async () => {
    const { ask, openai, chat, shownIn } = await twoWorkspaces();
    await ask("haus", "eins");
    const { send, request } = openai.streams[0] ?? {};
    send?.("halb");
    await settle();
    await chat.control.stop("fake:haus:haus", { id: "ada", isOperator: true });
    await settle();
    expect(shownIn("haus").at(-1)?.text).toBe("halb\n\n⏹️ Stopped.");
    expect(request?.messages).toEqual([{ role: "user", content: "eins" }]);
  });
});
