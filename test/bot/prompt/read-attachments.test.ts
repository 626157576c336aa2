import { describe, expect, it } from "vitest";
import { fileKind } from "../../../src/bot/prompt/read-attachments.js";
import { imageBytes } from "../../support/fake-attachment.js";

const bytes = (text: string, encoding: BufferEncoding = "utf8") => Buffer.from(text, encoding);

describe("fileKind()", () => {
  it.each(["png", "jpeg", "gif", "webp"] as const)("knows a %s by its first bytes", (kind) => {
    expect(fileKind(imageBytes(kind))).toEqual({ kind: "image", mediaType: `image/${kind}` });
  });

  it.each([
    ["plain text", "héllo 漢字 🌲\r\n\tx"],
    ["colours of a terminal", "\u001b[31mred\u001b[0m"],
    ["a drawing that is text", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ["a progress bar's control characters", `${"1".repeat(99)}\b`],
  ])("takes %s for text", (_what, text) => {
    expect(fileKind(bytes(text))).toEqual({ kind: "text", text });
  });

  it("leaves a byte order mark away", () => {
    expect(fileKind(bytes("\ufeffa,b"))).toEqual({ kind: "text", text: "a,b" });
  });

  const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();
  it.each([
    ["Windows-1252", Buffer.from([...bytes("Gr\xfc\xdfe \x96 5 \x80", "latin1")]), "Grüße – 5 €"],
    ["UTF-16 with its mark, as PowerShell writes it", bytes("\ufeffhéllo 漢", "utf16le"), "héllo 漢"],
    ["UTF-16 of the other order with its mark", bigEndian("\ufeffhéllo 漢"), "héllo 漢"],
    ["UTF-16 without a mark", bytes("hello", "utf16le"), "hello"],
    ["UTF-16 of the other order without a mark", bigEndian("hello"), "hello"],
  ])("reads text in %s", (_what, file, text) => {
    expect(fileKind(file)).toEqual({ kind: "text", text });
  });

  it.each([
    ["an image that models do not take", imageBytes("heic")],
    ["a text with a NUL in it", bytes(`${"x".repeat(500)}\0`)],
    ["many control characters", bytes("\u0001\u0002\u0003abc")],
    ["a PDF", bytes("%PDF-1.7\n1 0 obj")],
    ["rich text", bytes("{\\rtf1\\ansi hello}")],
    ["half an image's first bytes", bytes("\x89PN", "latin1")],
    ["a sound in an image's container", bytes("RIFF\x24\0\0\0WAVEfmt ", "latin1")],
    ["a cut character", bytes("漢").subarray(0, 2)],
  ])("takes %s for neither", (_what, file) => {
    expect(fileKind(file)).toEqual({ kind: "other" });
  });
});
