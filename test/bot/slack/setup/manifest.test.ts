import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { printManifest, slackManifest } from "../../../../src/bot/slack/setup/manifest.js";
import { createSlashNames } from "../../../../src/bot/slack/wire/slash-names.js";
import { createCommands } from "../../../../src/commands/registry.js";
import { commands } from "../slack-support.js";

interface Manifest {
  readonly features: {
    readonly agent_view: { readonly agent_description: string; readonly suggested_prompts: readonly unknown[] };
    readonly app_home: Readonly<Record<string, boolean>>;
    readonly shortcuts: readonly { type: string; name: string; callback_id: string; description: string }[];
    readonly slash_commands: readonly {
      command: string;
      description: string;
      usage_hint?: string;
      should_escape: boolean;
      url?: string;
    }[];
  };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly socket_mode_enabled: boolean;
    readonly event_subscriptions: { readonly request_url?: string; readonly bot_events: readonly string[] };
    readonly interactivity: { readonly is_enabled: boolean; readonly request_url?: string };
  };
}
const make = (given: Partial<Parameters<typeof slackManifest>[0]> = {}) =>
  slackManifest({ commands, prefix: "", transport: "socket", ...given }) as unknown as Manifest;

describe("slackManifest()", () => {
  it("has each first word of the commands once, with hints that Slack takes", () => {
    const slash = make().features.slash_commands;
    expect(slash.map(({ command }) => command)).toEqual([
      ...new Set(commands.map(({ path }) => `/${path.split(" ")[0]}`)),
    ]);
    for (const { command, description, usage_hint = "" } of slash) {
      expect(command).toMatch(/^\/[a-z0-9_-]{1,31}$/);
      expect(description).toMatch(/^\S.*[^:, ]$/);
      expect(description).not.toMatch(/: ,|, ,/);
      expect(description.length).toBeLessThanOrEqual(2_000);
      expect(usage_hint.length).toBeLessThanOrEqual(1_000);
    }
    expect(slash.find(({ command }) => command === "/models")?.usage_hint).toContain("use MODEL");
    // Only where a mention has to come with its id: elsewhere links would come in brackets.
    const taking = commands.filter(({ options }) => Object.values(options).some(({ takesMentions }) => takesMentions));
    const roots = new Set(taking.map(({ path }) => `/${path.split(" ")[0]}`));
    expect(new Set(slash.filter(({ should_escape }) => should_escape).map(({ command }) => command))).toEqual(roots);
  });

  it("makes an agent with a Home tab, prompts and message shortcuts, as Slack takes them", () => {
    const { agent_view, app_home, shortcuts } = make().features;
    expect(app_home).toMatchObject({ home_tab_enabled: true, messages_tab_enabled: true });
    expect(agent_view.agent_description.length).toBeLessThanOrEqual(300);
    expect(agent_view.suggested_prompts.length).toBeLessThanOrEqual(4);
    expect(shortcuts.map(({ name }) => name)).toEqual(["Retry", "Stop", "Export", "Forget"]);
    for (const { type, name, description } of shortcuts) {
      expect(type).toBe("message");
      expect(name.length).toBeLessThanOrEqual(24);
      expect(description.length).toBeLessThanOrEqual(150);
    }
  });

  it("has addresses only for HTTP", () => {
    const socket = make();
    expect(socket.settings.socket_mode_enabled).toBe(true);
    expect(JSON.stringify(socket)).not.toContain("url");
    const http = make({ transport: "http", requestUrl: "https://bot.example.com/slack/events" });
    expect(http.settings.socket_mode_enabled).toBe(false);
    expect(http.settings.event_subscriptions.request_url).toBe("https://bot.example.com/slack/events");
    expect(http.settings.interactivity.request_url).toBe("https://bot.example.com/slack/events");
    expect(http.features.slash_commands.every(({ url }) => url === "https://bot.example.com/slack/events")).toBe(true);
  });

  it("asks for what people write in channels only to follow threads", () => {
    expect(make().settings.event_subscriptions.bot_events).toEqual([
      "agent_session_stopped",
      "app_context_changed",
      "app_home_opened",
      "app_mention",
      "app_uninstalled",
      "message.im",
      "message.mpim",
      "reaction_added",
      "tokens_revoked",
    ]);
    expect(make({ followThreads: true }).settings.event_subscriptions.bot_events).toContain("message.channels");
  });

  it("refuses the names that Slack keeps for itself, and those that are too long", () => {
    const named =
      (path: string, prefix = "") =>
      () =>
        make({ commands: [{ path, about: "x", options: {} }], prefix });
    expect(named("status")).toThrow("/status is one of Slack's own commands");
    expect(named("tatus", "s")).toThrow("SLACK_COMMAND_PREFIX");
    expect(named("status", "ai-")).not.toThrow();
    expect(named("m".repeat(31))).not.toThrow();
    expect(named("m".repeat(32))).toThrow("32 characters");
  });
});

describe("docs/slack.md", () => {
  const docs = readFileSync("docs/slack.md", "utf8");

  it("explains every scope and event of the manifest, and no other", () => {
    const named = new Set(
      [...docs.matchAll(/^\| ((?:`[a-z_.:]+`(?:, )?)+) \|/gm)].flatMap(([, cell = ""]) =>
        cell.split(", ").map((name) => name.replaceAll("`", "")),
      ),
    );
    const { oauth_config, settings } = make({ followThreads: true });
    const wanted = [...oauth_config.scopes.bot, ...settings.event_subscriptions.bot_events];
    expect([...named].sort()).toEqual([...wanted].sort());
  });
});

describe("printManifest()", () => {
  const run = (environment: Record<string, string>) => {
    const printed: string[] = [];
    const complaints: string[] = [];
    const code = printManifest({
      words: [],
      readEnvironment: () => environment,
      createCommands,
      print: (line) => printed.push(line),
      printError: (line) => complaints.push(line),
    });
    return { code, printed, complaints };
  };

  it("prints JSON before any token is there", () => {
    const { code, printed } = run({ SLACK_COMMAND_PREFIX: " ai- " });
    expect(code).toBe(0);
    const manifest = JSON.parse(printed.join("\n")) as Manifest;
    expect(manifest.settings.socket_mode_enabled).toBe(true);
    expect(manifest.features.slash_commands.map(({ command }) => command)).toContain("/ai-models");
  });

  it("prints one for HTTP where only a signing secret is set", () => {
    const of = (environment: Record<string, string>) =>
      (JSON.parse(run(environment).printed.join("\n")) as Manifest).settings.socket_mode_enabled;
    expect(of({ SLACK_SIGNING_SECRET: "s" })).toBe(false);
    expect(of({ SLACK_SIGNING_SECRET: "s", SLACK_APP_TOKEN: "xapp-1" })).toBe(true);
  });

  it("says what is wrong with the prefix", () => {
    const { code, printed, complaints } = run({ SLACK_COMMAND_PREFIX: "Not this" });
    expect(code).toBe(2);
    expect(printed).toEqual([]);
    expect(complaints.join()).toContain("SLACK_COMMAND_PREFIX");
  });
});

describe("createSlashNames()", () => {
  const names = createSlashNames(commands, "ai-");

  it("names commands with the prefix, and nothing else", () => {
    expect(names.inReply("Use /models use or `/help`, see https://x.com/models and /models/a, /modelsx")).toBe(
      "Use /ai-models use or `/ai-help`, see https://x.com/models and /models/a, /modelsx",
    );
    expect(names.inAnswer("Type /help, or `/models status` and /refresh-models.")).toBe(
      "Type /help, or `/ai-models status` and /ai-refresh-models.",
    );
    expect(createSlashNames(commands, "").inReply("/models")).toBe("/models");
  });

  it("knows its own commands only", () => {
    expect(names.lineOf("/ai-models", "status")).toBe("/models status");
    expect(names.lineOf("/ai-help", "")).toBe("/help");
    expect(names.lineOf("/models", "status")).toBeUndefined();
  });
});
