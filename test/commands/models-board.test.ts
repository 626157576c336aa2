import { describe, expect, it } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { StoreError } from "../../src/store/store.js";
import { harness } from "./harness.js";

describe("/models board", () => {
  it("posts the board where it was asked for", async () => {
    const { say, boardPosts } = harness();
    expect(await say("/models board", { conversation: "discord:1:2" })).toBe(
      "📋 The board is posted. It updates automatically.",
    );
    expect(boardPosts).toEqual(["discord:1:2"]);
  });

  it("says that an older one was let go, and that reactions could not be added", async () => {
    const { say, answerBoardWith } = harness();
    answerBoardWith({ hasMoved: true, hasReactions: false });
    const text = await say("/models board");
    expect(text).toContain("The older board in this channel is no longer updated.");
    expect(text).toContain("⚠️ I could not put the reactions under it");
  });

  it("is for operators", async () => {
    const { replies, boardPosts } = harness();
    const [reply] = await replies("/models board", { isOperator: false });
    expect(reply?.markdown).toMatch(/^🔒 Only operators may use `\/models board`/);
    expect(boardPosts).toEqual([]);
  });

  it("tells why it was not posted", async () => {
    const { replies, answerBoardWith } = harness();
    answerBoardWith(new UserError("I may not post in this channel."));
    expect(await replies("/models board")).toEqual([{ markdown: "I may not post in this channel.", isFailure: true }]);
    answerBoardWith(new StoreError("it cannot be reached"));
    expect((await replies("/models board"))[0]).toMatchObject({ isFailure: true });
  });
});

describe("reply.isFailure", () => {
  const ended = async (world: Parameters<typeof harness>[0], text: string, isOperator = true) =>
    (await harness(world).replies(text, { isOperator })).at(-1)?.isFailure ?? false;

  it("tells a refresh in which any provider failed from one in which none did", async () => {
    const result = (provider: string, outcome: "ok" | "timeout" | "skipped") => ({
      provider,
      outcome,
      added: 0,
      gone: 0,
    });
    const refresh = (...results: ReturnType<typeof result>[]) => ended({ results }, "/refresh-models");
    expect(await refresh(result("openai", "ok"), result("demo", "ok"))).toBe(false);
    expect(await refresh(result("openai", "ok"), result("demo", "timeout"))).toBe(true);
    expect(await refresh(result("openai", "skipped"), result("demo", "ok"))).toBe(true);
    expect(await ended({ providers: [] }, "/refresh-models")).toBe(true);
  });

  it("tells a refusal and a mistake from a change that was made", async () => {
    expect(await ended({}, "/settings auto-refresh off")).toBe(false);
    expect(await ended({}, "/settings auto-refresh off", false)).toBe(true);
    expect(await ended({}, "/settings auto-refresh evry 5")).toBe(true);
    expect(await ended({}, "/nonsense")).toBe(true);
  });
});
