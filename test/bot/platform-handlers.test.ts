import { describe, expect, it } from "vitest";
import type { HostConfig } from "../../src/base/config/config-host.js";
import { createAccess } from "../../src/bot/access/access.js";
import type { ChatPlatform } from "../../src/bot/port/platform.js";
import { settle } from "../support/fake-clock.js";
import { fakePlatform } from "../support/fake-platform.js";
import { boardWorld, posted } from "./board-world.js";

const access = (given: Partial<HostConfig["access"]>): HostConfig["access"] => ({
  followThreads: false,
  allowedWorkspaces: [],
  allowDms: true,
  operators: [],
  ...given,
});

const local = (platform: ChatPlatform): ChatPlatform => ({
  ...platform,
  limits: { ...platform.limits, isLocal: true },
});

function doors(given: Partial<HostConfig["access"]>, platform: ChatPlatform = fakePlatform()) {
  const world = boardWorld(access(given));
  const parts = world.start([platform]);
  const handlers = parts.handlers(platform);
  const place = (workspace: string) => ({ platform: platform.name, workspace, channel: "general" });
  return {
    ...world,
    ...parts,
    handlers,
    async ask(workspace: string, isDirect = false) {
      const author = { id: "ada", name: "Ada" };
      const message = { ...place(workspace), message: "q" };
      await handlers.onMention({ message, author, text: `from ${workspace}`, isDirect, isOperator: false });
    },
    async command(text: string, workspace: string, by: { id?: string; isDirect?: boolean; isOperator?: boolean } = {}) {
      const { id = "ada", isDirect = false, isOperator = false } = by;
      const call = { channel: place(workspace), author: { id, name: id }, text, isDirect, isOperator };
      const replies = [];
      for await (const reply of handlers.onCommand(call)) replies.push(reply);
      return replies;
    },
    suggest: (workspace: string) =>
      handlers.onSuggest(
        {
          channel: place(workspace),
          author: { id: "ada", name: "Ada" },
          text: "/refresh-models",
          isDirect: false,
          isOperator: false,
        },
        "provider",
        "",
      ),
  };
}

describe("handlersOf()", () => {
  it("serves every workspace where the host has named none", async () => {
    const { ask, command, mentions } = doors({});
    await ask("home");
    await ask("away");
    expect(mentions).toEqual(["from home", "from away"]);
    expect((await command("/help", "away"))[0]?.markdown).toContain("/models board");
  });

  it("ignores mentions from other workspaces, and refuses their commands by one line", async () => {
    const { ask, command, mentions, suggest, activity } = doors({ allowedWorkspaces: ["home"] });
    await ask("away");
    await ask("home");
    expect(mentions).toEqual(["from home"]);
    expect(await command("/settings show", "away", { isOperator: true })).toEqual([
      { markdown: expect.stringContaining("🔒 The bot's host has not opened it to this server"), isFailure: true },
    ]);
    expect(await command("/settings auto-refresh off", "away", { isOperator: true })).toHaveLength(1);
    expect(activity).toEqual([]);
    expect(suggest("home").length).toBeGreaterThan(0);
    expect(suggest("away")).toEqual([]);
  });

  it("asks the switch for direct messages alone there", async () => {
    const open = doors({ allowedWorkspaces: ["home"] });
    await open.ask("dm", true);
    expect(open.mentions).toEqual(["from dm"]);
    const closed = doors({ allowDms: false });
    await closed.ask("dm", true);
    await closed.ask("home", true);
    await closed.ask("home");
    expect(closed.mentions).toEqual(["from home"]);
    expect((await closed.command("/help", "dm", { isDirect: true }))[0]?.markdown).toContain("direct messages");
  });

  it("serves the bot's own surface whatever workspaces are named", async () => {
    const { ask, mentions } = doors({ allowedWorkspaces: ["home"] }, local(fakePlatform("own")));
    await ask("local");
    expect(mentions).toEqual(["from local"]);
  });

  it("makes those whom the host names operators, on their platform, in every workspace", async () => {
    const { command, settings } = doors({ operators: ["fake:olga", "slack:ada"] });
    expect((await command("/settings auto-refresh off", "home"))[0]).toMatchObject({ isFailure: true });
    expect(settings.of("fake:home")).toEqual({});
    const [reply] = await command("/settings auto-refresh off", "away", { id: "olga" });
    expect(reply?.isFailure).toBeUndefined();
    expect(settings.of("fake:away")).toEqual({ isEnabled: false });
  });

  it("ignores reactions from other workspaces", async () => {
    const { clock, platform, press, message, settings } = await posted(access({ allowedWorkspaces: ["elsewhere"] }));
    const calls = platform.calls();
    await press("⏯️", { isOperator: true }, message);
    await clock.advance(10_000);
    expect(platform.calls()).toBe(calls);
    expect(settings.of("fake:home")).toEqual({});
  });

  it("notes that people are active, by any door", async () => {
    const { press, activity, clock } = await posted();
    const pressed = press("🔄");
    await clock.advance(10_000);
    await pressed;
    await settle();
    expect(activity).toEqual(["fake:home"]);
  });
});

describe("createAccess()", () => {
  const platform = (name: string, workspaces: readonly string[], fault?: string): ChatPlatform => ({
    ...fakePlatform(name),
    workspaces: () => workspaces,
    fault: () => fault,
  });

  it("counts the workspaces that are served, on platforms that are up", () => {
    const platforms = [
      platform("discord", ["discord:1", "discord:2", "discord:dm"]),
      platform("slack", ["slack:T1"], "wrong token"),
      local(platform("playground", ["playground:local"])),
    ];
    expect(createAccess(access({})).countedWorkspaces(platforms)).toEqual([
      "discord:1",
      "discord:2",
      "discord:dm",
      "playground:local",
    ]);
    const closed = createAccess(access({ allowedWorkspaces: ["2"], allowDms: false }));
    expect(closed.countedWorkspaces(platforms)).toEqual(["discord:2", "playground:local"]);
  });
});
