import { describe, expect, it } from "vitest";
import { chatRefusal } from "../../../src/bot/access/access.js";
import type { Speaker } from "../../../src/bot/port/platform.js";
import type { ChatAccess } from "../../../src/refresh/settings.js";

const PLACE = { platform: "fake", workspace: "home", channel: "c1" };

const speaker = (more: Partial<Speaker> = {}): Speaker => ({
  author: { id: "ada", name: "Ada" },
  isDirect: false,
  isOperator: false,
  ...more,
});

const refusal = (access: ChatAccess | undefined, by: Partial<Speaker> = {}, place: object = {}) =>
  chatRefusal(access === undefined ? {} : { access }, { ...PLACE, ...place }, speaker(by));

describe("chatRefusal()", () => {
  it("takes everybody everywhere unless a workspace says otherwise", async () => {
    expect(await refusal(undefined)).toBeUndefined();
    expect(await refusal(undefined, { isGuest: true })).toBeUndefined();
    expect(await refusal({ who: [], channels: [] })).toBeUndefined();
  });

  it("takes the people who are named, and those of a role or group that is", async () => {
    expect(await refusal({ who: ["ada"] })).toBeUndefined();
    expect(await refusal({ who: ["bob"] })).toContain("Only some people");
    const isInGroup = async (group: string) => group === "team";
    expect(await refusal({ who: ["bob", "team"] }, { isInGroup })).toBeUndefined();
    expect(await refusal({ who: ["bob", "others"] }, { isInGroup })).toContain("Only some people");
  });

  it("takes operators whoever is named, but in no channel that is closed", async () => {
    expect(await refusal({ who: ["bob"], guests: false }, { isOperator: true, isGuest: true })).toBeUndefined();
    expect(await refusal({ channels: ["c2"] }, { isOperator: true })).toContain("this channel");
  });

  it("answers in the channels that are named and their threads; a direct message is no channel", async () => {
    expect(await refusal({ channels: ["c1"] })).toBeUndefined();
    expect(await refusal({ channels: ["c1"] }, {}, { thread: "t1" })).toBeUndefined();
    expect(await refusal({ channels: ["c2"] })).toContain("this channel");
    expect(await refusal({ channels: ["c2"] }, { isDirect: true })).toBeUndefined();
  });

  it("takes operators alone where what was set can't be read", async () => {
    const damaged = (by: Partial<Speaker>) => chatRefusal({ isDamaged: true }, PLACE, speaker(by));
    expect(await damaged({})).toContain("settings of this workspace can't be read, so only operators");
    expect(await damaged({ isOperator: true })).toBeUndefined();
  });

  it("leaves guests out where a workspace says so", async () => {
    expect(await refusal({ guests: false }, { isGuest: true })).toContain("Guests");
    expect(await refusal({ guests: false }, { isGuest: false })).toBeUndefined();
  });
});
