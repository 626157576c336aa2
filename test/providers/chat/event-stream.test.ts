import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventStreamParser, MAX_LINE_CHARS, MAX_STREAM_BYTES } from "../../../src/providers/chat/event-stream.js";
import { cpuMsOf } from "../../support/bounded-time.js";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What a stream that comes in these pieces says. */
function read(pieces: readonly (string | Uint8Array)[]) {
  const said: unknown[] = [];
  const parser = new EventStreamParser("acme", {
    json: (value, name) => said.push(name === "" ? value : [name, value]),
    done: () => said.push("done"),
    fault: (words) => said.push(`fault: ${words}`),
  });
  for (const piece of pieces) parser.push(typeof piece === "string" ? bytes(piece) : piece);
  parser.end();
  return said;
}

describe("EventStreamParser", () => {
  it.each<[string, string, unknown[]]>([
    ["events", 'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n', [{ a: 1 }, { a: 2 }, "done"]],
    ["names", 'event: x\ndata: {"a":1}\n\ndata: {"a":2}\n\n', [["x", { a: 1 }], { a: 2 }]],
    // praxis-proxy/praxis#739, miruamel/xuan#194
    ["CRLF and data without a space", 'data:{"a":1}\r\n\r\ndata:[DONE]\r\n\r\n', [{ a: 1 }, "done"]],
    ["lone CR", 'data: {"a":1}\r\rdata: {"a":2}\r\r', [{ a: 1 }, { a: 2 }]],
    // kasperrt/wiretyped#75, mlflow/mlflow#20578
    ["a last event without an end", 'data: {"a":1}\n\ndata: {"a":2}', [{ a: 1 }, { a: 2 }]],
    ["a [DONE] without an end", 'data: {"a":1}\n\ndata: [DONE]', [{ a: 1 }, "done"]],
    [
      "events one newline apart",
      'data: {"a":1}\ndata: {"a":2}\nevent: x\ndata: {"a":3}\n',
      [{ a: 1 }, { a: 2 }, ["x", { a: 3 }]],
    ],
    // mpetazzoni/sseclient#11
    ["JSON over several data lines", 'data: {\ndata:   "a" : 1,\ndata: "b": 2\ndata: }\n\n', [{ a: 1, b: 2 }]],
    // 1jehuang/jcode#613
    [
      "objects glued together",
      'data: {"a":"}{"}{"b":2}\n\ndata: {"c":3}data: {"d":4}\n\n',
      [{ a: "}{" }, { b: 2 }, { c: 3 }, { d: 4 }],
    ],
    ["comments, ids and retries", ': hi\n\nid: 7\nretry: 3\n\ndata: {"a":1}\n\n', [{ a: 1 }]],
    ["keep-alives in words", 'data: ping\n\ndata:\n\ndata: \n\nevent: ping\n\ndata: {"a":1}\n\n', [{ a: 1 }]],
    ["a byte order mark", '\ufeffdata: {"a":1}\n\n', [{ a: 1 }]],
    ["one object instead of a stream", '{"a":1}', [{ a: 1 }]],
    ["one object over many lines", '{\n  "a": 1\n}\n', [{ a: 1 }]],
    ["objects one a line", '{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    ["an error in words", "event: error\ndata: upstream timed out\n\n", ["fault: upstream timed out"]],
    ["an error without a name", "data: [ERROR] no worker is free\n\n", ["fault: [ERROR] no worker is free"]],
    ["plain words instead of a stream", "upstream connect error\n", ["fault: upstream connect error"]],
    ["a piece that was cut", 'data: {"a":1}\n\ndata: {"a":', [{ a: 1 }]],
  ])("reads %s", (_what, stream, said) => {
    expect(read([stream])).toEqual(said);
  });

  it("gives the same for every cut of a stream", () => {
    const stream = bytes('event: e\r\ndata: {"t":"漢🌲\\n"}\r\n\r\n: c\n\ndata: {"t":\ndata: "x"}\n\ndata: [DONE]\n\n');
    const whole = read([stream]);
    expect(whole).toEqual([["e", { t: "漢🌲\n" }], { t: "x" }, "done"]);
    for (let at = 0; at <= stream.length; at++) expect(read([stream.slice(0, at), stream.slice(at)])).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const pieces = places.slice(1).map((end, index) => stream.slice(places[index], end));
        expect(read(pieces)).toEqual(whole);
      }),
    );
  });

  it("refuses a broken event without repeating it", () => {
    const fault = expect.objectContaining({
      reason: "malformed",
      message: "acme answered with something that is not a chat answer",
    });
    expect(() => read(['data: {"secret\n\n'])).toThrow(fault);
  });

  it("takes a web page for a wrong address", () => {
    expect(() => read(["<!doctype html>\n<html>"])).toThrow(expect.objectContaining({ reason: "address" }));
  });

  it("reads a line of 10 MB in pieces of 16 KB in no time, and of 16 MB no more", () => {
    const piece = "x".repeat(16 * 1024);
    const line = ['data: {"a":"', ...Array.from({ length: 640 }, () => piece), '"}\n\n'];
    const spentMs = cpuMsOf(() => expect((read(line)[0] as { a: string }).a).toHaveLength(10 * 2 ** 20));
    expect(spentMs).toBeLessThan(2_000); // a fifth of it on an idle machine
    const endless = () => read(["data: ", ...Array.from({ length: MAX_LINE_CHARS / piece.length + 1 }, () => piece)]);
    expect(endless).toThrow("acme sent a line of more than 16 MB");
  });

  it("reads 64 MB and no more", () => {
    const piece = bytes(`${": x\n".repeat(256 * 1024)}`);
    const pieces = (count: number) => Array.from({ length: count }, () => piece);
    expect(read(pieces(MAX_STREAM_BYTES / piece.byteLength))).toEqual([]);
    expect(() => read(pieces(MAX_STREAM_BYTES / piece.byteLength + 1))).toThrow(
      "acme sent an answer of more than 64 MB",
    );
  });
});
