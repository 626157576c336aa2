import { describe, expect, it } from "vitest";
import { createInbox } from "../../../src/providers/lists/inbox.js";

describe("createInbox()", () => {
  it("gives news in order, early and late ones", async () => {
    const inbox = createInbox<number>();
    inbox.take(1);
    inbox.take(2);
    expect([await inbox.next(undefined), await inbox.next(undefined)]).toEqual([1, 2]);
    const third = inbox.next(undefined);
    inbox.take(3);
    expect(await third).toBe(3);
  });

  it("gives what came before the failure, and then the failure", async () => {
    const inbox = createInbox<number>();
    inbox.take(1);
    inbox.fail(new Error("over"));
    expect(await inbox.next(undefined)).toBe(1);
    await expect(inbox.next(undefined)).rejects.toThrow("over");
  });

  it("stops to wait with the reason of the abort, and leaves no listener behind", async () => {
    const inbox = createInbox<number>();
    const calledOff = new AbortController();
    const ended = inbox.next(calledOff.signal);
    calledOff.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
    await expect(inbox.next(calledOff.signal)).rejects.toThrow("enough");
    inbox.take(1);
    expect(await inbox.next(undefined)).toBe(1);
  });
});
