import { describe, expect, it } from "vitest";
import { workspaceOf } from "../../../src/bot/port/conversation.js";

describe("workspaceOf()", () => {
  it("is the server's or team's, over all its channels and threads", () => {
    const place = { platform: "discord", workspace: "1", channel: "2" };
    expect(workspaceOf(place)).toBe("discord:1");
    expect(workspaceOf({ ...place, thread: "3" })).toBe("discord:1");
  });

  it("is each direct message by itself, where they belong to no server", () => {
    const direct = { platform: "discord", workspace: "dm", channel: "2" };
    expect(workspaceOf(direct)).toBe("discord:dm:2");
    expect(workspaceOf({ ...direct, channel: "3" })).toBe("discord:dm:3");
  });
});
