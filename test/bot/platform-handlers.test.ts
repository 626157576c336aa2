import { describe, expect, it } from "vitest";
import type { HostConfig } from "../../src/base/config/config-host.js";
import { createAccess } from "../../src/bot/access/access.js";
import type { ChatPlatform } from "../../src/bot/port/platform.js";
import type { PlatformExtras } from "../../src/bot/port/platform-definition.js";
import { PlatformError } from "../../src/bot/port/platform-error.js";
import { fakeClock, settle } from "../support/fake-clock.js";
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

function doors(
  given: Partial<HostConfig["access"]>,
  platform: ChatPlatform = fakePlatform(),
  isMemberOf?: PlatformExtras["isMemberOf"],
) {
  const world = boardWorld(access(given), isMemberOf && { isMemberOf });
  const parts = world.start([platform]);
  const handlers = parts.handlers(platform);
  const place = (workspace: string) => ({ platform: platform.name, workspace, channel: "general" });
  return {
    ...world,
    ...parts,
    handlers,
    async ask(workspace: string, isDirect = false, id = "ada") {
      const author = { id, name: id };
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
    suggest: (workspace: string, isDirect = false) =>
      handlers.onSuggest(
        {
          channel: place(workspace),
          author: { id: "ada", name: "Ada" },
          text: "/refresh-models",
          isDirect,
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

  it("has a question that could not be stored taken again only where the service delivers it again", async () => {
    const slack = fakePlatform();
    const again = doors({}, { ...slack, limits: { ...slack.limits, redelivers: true } });
    const once = doors({});
    for (const { ask } of [again, once]) await ask("home");
    expect([again.finals, once.finals]).toEqual([[false], [true]]);
  });

  it("ignores mentions from other workspaces, and refuses their commands by one line", async () => {
    const { ask, command, mentions, suggest, activity } = doors({ allowedWorkspaces: ["home"] });
    await ask("away");
    await ask("home");
    expect(mentions).toEqual(["from home"]);
    expect(await command("/settings show", "away", { isOperator: true })).toEqual([
      { markdown: expect.stringContaining("🔒 The bot's host does not allow this server"), isFailure: true },
    ]);
    expect(await command("/settings auto-refresh off", "away", { isOperator: true })).toHaveLength(1);
    expect(activity).toEqual([]);
    expect(suggest("home").length).toBeGreaterThan(0);
    expect(suggest("away")).toEqual([]);
  });

  it("asks the switch for direct messages there", async () => {
    const open = doors({});
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

describe("direct messages where the host has named workspaces", () => {
  const members = (lookUps: string[] = []) =>
    doors({ allowedWorkspaces: ["home", "2"] }, fakePlatform(), async (person, workspaces) => {
      lookUps.push(`${person} in ${workspaces.join()}`);
      return person === "ada";
    });

  it("answers who shares one with the bot, and looks that up every 10 minutes", async () => {
    const lookUps: string[] = [];
    const { ask, command, mentions, clock } = members(lookUps);
    await Promise.all([ask("dm", true), ask("dm", true)]);
    await ask("dm", true, "eve");
    expect((await command("/models list", "dm", { isDirect: true }))[0]?.isFailure).toBeUndefined();
    expect(mentions).toEqual(["from dm", "from dm"]);
    expect(lookUps).toEqual(["ada in home,2", "eve in home,2"]);
    await clock.advance(599_999);
    await ask("dm", true);
    expect(lookUps).toHaveLength(2);
    await clock.advance(1);
    await ask("dm", true);
    expect(lookUps).toHaveLength(3);
    await ask("home");
    expect(lookUps).toHaveLength(3);
  });

  it("runs nothing for others but help, and says so once they give a command", async () => {
    const { command, activity } = members();
    const by = { id: "eve", isDirect: true };
    const refused = {
      markdown: expect.stringContaining("🔒 I answer direct messages only from people"),
      isFailure: true,
    };
    for (const text of ["/models list", "/usage", "/chat export", "/refresh-models", "!models use x", "nonsense"])
      expect(await command(text, "dm", by)).toEqual([refused]);
    expect(activity).toEqual([]);
    expect((await command("/help", "dm", by))[0]?.markdown).toContain("/models board");
  });

  it("asks who can't be looked up to try again, and does look again", async () => {
    const failing = { isFailing: true };
    const { ask, command, mentions, logged } = doors({ allowedWorkspaces: ["home"] }, fakePlatform(), async () => {
      if (failing.isFailing) throw new PlatformError("fake", "unavailable", "down");
      return true;
    });
    await ask("dm", true);
    const [reply] = await command("/usage", "dm", { isDirect: true });
    for (const text of [mentions[0], reply?.markdown]) expect(text).toMatch(/could not check.*try again/);
    expect(logged.at(-1)?.text).toContain("member lookup failed");
    failing.isFailing = false;
    await ask("dm", true);
    expect(mentions[1]).toBe("from dm");
  });

  it("waits no longer than 2 s for it", async () => {
    const { ask, mentions, clock } = doors(
      { allowedWorkspaces: ["home"] },
      fakePlatform(),
      () => new Promise(() => {}),
    );
    const asked = ask("dm", true);
    await clock.advance(2_000);
    await asked;
    expect(mentions[0]).toContain("try again");
  });

  it("suggests nothing until it is known, and answers nobody where the platform can't tell", async () => {
    const { suggest, ask } = members();
    expect(suggest("dm", true)).toEqual([]);
    await ask("dm", true);
    expect(suggest("dm", true).length).toBeGreaterThan(0);
    const untold = doors({ allowedWorkspaces: ["home"] });
    await untold.ask("dm", true);
    expect(untold.mentions).toEqual([]);
  });
});

describe("commands of one person", () => {
  it("are taken 30 times a minute, by any door; the next says when again", async () => {
    const { command, refreshes, clock } = doors({});
    for (let given = 0; given < 30; given++) {
      expect((await command("/models list", "home"))[0]?.isFailure).toBeUndefined();
    }
    const [refused] = await command("!help", "away", { isOperator: true });
    expect(refused?.isFailure).toBe(true);
    expect(refused?.markdown).toContain("⏳ You have reached the limit of 30 commands a minute. Nothing was run");
    expect((await command("/help", "home", { id: "bob" }))[0]?.isFailure).toBeUndefined();
    expect(refreshes).toEqual([]);
    await clock.advance(60_000);
    expect((await command("/help", "home"))[0]?.isFailure).toBeUndefined();
  });
});

describe("createAccess()", () => {
  const none = { surfaces: [], clock: fakeClock(), log: { warn: () => {} } };

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
    expect(createAccess(access({}), none).countedWorkspaces(platforms)).toEqual([
      "discord:1",
      "discord:2",
      "discord:dm",
      "playground:local",
    ]);
    const closed = createAccess(access({ allowedWorkspaces: ["2"], allowDms: false }), none);
    expect(closed.countedWorkspaces(platforms)).toEqual(["discord:2", "playground:local"]);
    const known = ["discord:2", "discord:3", "discord:dm:7", "playground:local"];
    expect(createAccess(access({ allowedWorkspaces: ["2"] }), none).countedWorkspaces(platforms, known)).toEqual([
      "discord:2",
      "discord:dm",
      "playground:local",
      "discord:dm:7",
    ]);
    expect(closed.countedWorkspaces(platforms, known)).toEqual(["discord:2", "playground:local"]);
    expect(closed.countedWorkspaces(platforms, known)).toBe(closed.countedWorkspaces(platforms, known));
  });
});
