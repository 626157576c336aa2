import { afterEach, describe, expect, it } from "vitest";
import { createQuestionFiles } from "../../../../src/bot/web/playground/question-files.js";
import { type RunningPlayground, startPlayground } from "./playground-support.js";

let running: RunningPlayground | undefined;
afterEach(() => running?.stop());
const start = async () => {
  running = await startPlayground();
  return running;
};
const file = (base64 = "aGk=", name = "a.txt") => ({ name, mediaType: "text/plain", base64 });
const bytes = (length: number) => new Uint8Array(length);

describe("a question's files by HTTP", () => {
  it("reach the bot, are named with the message and can be read while they are kept", async () => {
    const { post, mentions, url } = await start();
    const { id } = (await (await post("general", { text: "", files: [file()] })).json()) as { id: string };
    const [attachment] = mentions[0]?.attachments ?? [];
    expect(attachment).toMatchObject({ name: "a.txt", mediaType: "text/plain", sizeBytes: 2 });
    const { signal } = new AbortController();
    expect(Buffer.from((await attachment?.read(2, signal)) ?? []).toString()).toBe("hi");
    await expect(attachment?.read(1, signal)).rejects.toMatchObject({ reason: "refused" });
    const { messages } = (await (await fetch(`${url}/api/channels/general/messages`)).json()) as { messages: object[] };
    expect(messages).toMatchObject([{ id, files: [{ name: "a.txt", mediaType: "text/plain", sizeBytes: 2 }] }]);
    const read = await fetch(`${url}/api/channels/general/messages/${id}/files/0`);
    expect([read.headers.get("content-type"), await read.text()]).toEqual(["application/octet-stream", "hi"]);
    expect((await fetch(`${url}/api/channels/general/messages/${id}/files/1`)).status).toBe(404);
    await fetch(`${url}/api/channels/general`, { method: "DELETE" });
    expect((await fetch(`${url}/api/channels/general/messages/${id}/files/0`)).status).toBe(404);
  });

  it.each([
    ["no text and no file", { text: " " }, "`text` is empty."],
    ["what is no base64", { text: "a", files: [file("§")] }, "A file's `base64` is not base64."],
    [
      "a path as a name",
      { text: "a", files: [file("", "../a")] },
      "A file's `name` is 1 to 255 characters on one line.",
    ],
    [
      "more than ten",
      { text: "a", files: Array.from({ length: 11 }, () => file()) },
      "A question can have up to 10 files.",
    ],
    ["files beside a command", { text: "/help", files: [file()] }, "A command can't have files."],
  ])("are refused with %s", async (_what, body, error) => {
    const { post, mentions } = await start();
    const response = await post("general", body);
    expect([response.status, await response.json(), mentions]).toEqual([400, { error }, []]);
  });

  it("may be as large as ten files are, and no larger", async () => {
    const { post } = await start();
    const mb = (count: number) => "A".repeat(count * 1024 * 1024);
    expect((await post("general", { text: "a", files: [file(mb(23))] })).status).toBe(202);
    expect((await post("general", { text: "a", files: [file(mb(24))] })).status).toBe(413);
  });
});

describe("files that are kept", () => {
  it("make room for newer ones, the oldest first", () => {
    const kept = createQuestionFiles(10);
    const put = (message: string, size: number) =>
      kept.keep("c", message, [{ name: message, mediaType: "", bytes: bytes(size) }]);
    put("1", 4);
    put("2", 6);
    expect(kept.find("c", "1", 0)?.name).toBe("1");
    put("3", 1);
    expect([kept.find("c", "1", 0), kept.find("c", "2", 0)?.name, kept.find("c", "3", 0)?.name]).toEqual([
      ...[undefined, "2", "3"],
    ]);
  });
});
