import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../../src/base/clock.js";
import { checkDiscord } from "../../../../src/bot/discord/setup/check-discord.js";
import { basePermissions, permissionsIn } from "../../../../src/bot/discord/wire/permissions.js";
import { type FakeDiscord, MESSAGE_CONTENT_INTENT, startFakeDiscord } from "../../../support/fake-discord.js";
import { BOT_ID, BOT_ROLE, GUILD_ID } from "../../../support/fake-discord-world.js";

let discord: FakeDiscord;
beforeEach(async () => {
  discord = await startFakeDiscord();
});
afterEach(() => discord.close());

const check = (given: { followThreads?: boolean; token?: string } = {}) =>
  checkDiscord({
    discord: { token: given.token ?? discord.token, apiUrl: discord.url, shards: undefined },
    followThreads: given.followThreads ?? false,
    clock: systemClock,
  });
const faults = async (given?: Parameters<typeof check>[0]) =>
  (await check(given)).filter(({ isFine }) => !isFine).map(({ text }) => text);
const deny = (...bits: number[]) => String(bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n));
const VIEW = 10;
const SEND = 11;
const REACT = 6;

describe("checkDiscord()", () => {
  it("finds nothing where all is well, and tells the invite with a reason for each permission", async () => {
    const findings = await check();
    expect(findings.filter(({ isFine }) => !isFine)).toEqual([]);
    const texts = findings.map(({ text }) => text).join("\n");
    expect(texts).toContain("DISCORD_TOKEN is valid, 1000 of 1000");
    expect(texts).toMatch(
      /invite the bot with https:\/\/discord\.com\/oauth2\/authorize\?\S+; it requests View Channels to get/,
    );
    expect(texts).toContain("Create Public Threads for `/chat thread`");
    expect(texts).toContain('in "Test server" the bot has every permission that it needs (1 text channel)');
  });

  it("names a token that is refused and where a new one is, and asks no more with it", async () => {
    const found = await faults({ token: "wrong.token.here" });
    expect(found).toEqual([expect.stringMatching(/DISCORD_TOKEN.*discord\.com\/developers/)]);
    expect(discord.rest.unauthorized()).toBe(1);
  });

  it("names the intent that followed threads need, and is content where it is on", async () => {
    expect(await faults({ followThreads: true })).toEqual([
      expect.stringMatching(/Message Content intent.*FOLLOW_THREADS/),
    ]);
    await discord.close();
    discord = await startFakeDiscord({ allowedPrivileged: MESSAGE_CONTENT_INTENT });
    expect(await faults({ followThreads: true })).toEqual([]);
  });

  it("names the permissions that the bot lacks in a whole server, with why each is needed", async () => {
    discord.world.bot.permissions &= ~((1n << 6n) | (1n << 35n));
    const [found, ...others] = await faults();
    expect(others).toEqual([]);
    expect(found).toMatch(/lacks Create Public Threads \(for `\/chat thread`\), Add Reactions \(for the marks/);
    expect(found).toContain("permissions=");
  });

  it("tells by kind of channel where something is kept from it, and calls it a fault where it is all of a kind", async () => {
    const rules = discord.addChannel("rules");
    const forum = discord.world.addChannel("help", { type: 15, guildId: GUILD_ID });
    const overwrites = discord.world.overwrites;
    overwrites.set(rules.id, [{ id: GUILD_ID, type: 0, allow: "0", deny: deny(SEND) }]);
    overwrites.set(forum.id, [{ id: BOT_ROLE, type: 0, allow: "0", deny: deny(REACT) }]);
    const findings = (await check()).filter(({ text }) => text.includes("a permission:"));
    expect(findings).toEqual([
      {
        isFine: true,
        text: expect.stringContaining("1 of 2 text channels denies the bot a permission: #rules (no Send Messages)"),
      },
      {
        isFine: false,
        text: expect.stringContaining("1 of 1 forum denies the bot a permission: #help (no Add Reactions)"),
      },
    ]);
    overwrites.set(forum.id, [
      { id: GUILD_ID, type: 0, allow: "0", deny: deny(VIEW) },
      { id: BOT_ID, type: 1, allow: deny(VIEW), deny: "0" },
    ]);
    expect((await check()).filter(({ text }) => text.includes("#help"))).toEqual([]);
  });

  it("bears a service that knows less than Discord", async () => {
    discord.rest.failNext(/^GET \/applications\/@me$/, 404);
    const findings = await check();
    expect(findings.every(({ isFine }) => isFine)).toBe(true);
    expect(findings.at(-1)?.text).toContain("not everything could be checked");
  });
});

describe("permissions of a member", () => {
  const who = { serverId: "1", roles: ["2", "3"], userId: "9" };
  const overwrite = (id: string, allow: bigint, deny: bigint) => ({ id, allow, deny });

  it("permissionsIn() applies everyone's rules, then all roles' together, then the member's own", () => {
    expect(permissionsIn(3n, [], who)).toBe(3n);
    expect(permissionsIn(3n, [overwrite("1", 4n, 1n), overwrite("2", 0n, 2n), overwrite("3", 2n, 4n)], who)).toBe(2n);
    expect(permissionsIn(3n, [overwrite("9", 0n, 3n), overwrite("2", 3n, 0n)], who)).toBe(0n);
    expect(permissionsIn(3n, [overwrite("8", 0n, 3n)], who)).toBe(3n);
  });

  it("an administrator may everything everywhere", () => {
    const base = basePermissions(new Map([["2", 8n]]), ["1", "2"]);
    expect(permissionsIn(base, [overwrite("1", 0n, 1n << 11n)], who) & (1n << 11n)).not.toBe(0n);
    expect(basePermissions(new Map([["2", 4n]]), ["1", "2", "unknown"])).toBe(4n);
  });
});
