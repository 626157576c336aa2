import { afterEach, describe, expect, it } from "vitest";
import { type RunningPlayground, startPlayground } from "./playground-support.js";

let running: RunningPlayground | undefined;
afterEach(() => running?.stop());

async function searchable(texts: Readonly<Record<string, readonly string[]>>) {
  const playground = await startPlayground();
  running = playground;
  for (const [channel, all] of Object.entries(texts)) {
    for (const text of all) await playground.post(channel, { text });
  }
  return async (query: string) => {
    const response = await fetch(`${playground.url}/api/search?${query}`);
    return { status: response.status, ...((await response.json()) as object) };
  };
}

describe("a search over messages", () => {
  it("finds words in any case, in all channels or one, the newest first", async () => {
    const search = await searchable({ a: ["a Needle", "hay", "needles"], b: ["no", "NEEDLE"] });
    const found = (channel: string, excerpt: string) => expect.objectContaining({ channel, excerpt, author: "user" });
    expect(await search("words=needle")).toMatchObject({
      results: [found("a", "needles"), found("a", "a Needle"), found("b", "NEEDLE")],
      isComplete: true,
    });
    expect(await search("words=needle&channel=b")).toMatchObject({ results: [found("b", "NEEDLE")] });
    expect(await search("words=needle&channel=none")).toMatchObject({ results: [], isComplete: true });
  });

  it("shows the words with what stands around them, on one line", async () => {
    const search = await searchable({ a: [`${"x".repeat(100)}\nneedle\n${"y".repeat(300)}`] });
    expect(await search("words=needle")).toMatchObject({
      results: [{ excerpt: `…${"x".repeat(49)} needle ${"y".repeat(103)}…` }],
    });
  });

  it("gives 50 results at most, and says that there are more", async () => {
    const search = await searchable({ a: Array.from({ length: 51 }, (_, index) => `needle ${index}`) });
    const { results, isComplete } = (await search("words=needle")) as unknown as {
      results: readonly object[];
      isComplete: boolean;
    };
    expect([results.length, isComplete]).toEqual([50, false]);
  });

  it.each([
    ["", "`words` is missing."],
    ["words=+", "`words` is empty."],
    [`words=${"a".repeat(201)}`, "`words` is too long."],
    ["words=a&channel=A", "A channel's name is 1 to 64 of a-z, 0-9 and -."],
  ])("refuses ?%s", async (query, error) => {
    const search = await searchable({});
    expect(await search(query)).toEqual({ status: 400, error });
  });
});
