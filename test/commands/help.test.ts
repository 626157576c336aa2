import { describe, expect, it } from "vitest";
import { acceptedText, commandUsage } from "../../src/commands/grammar/read-value.js";
import { harness } from "./harness.js";

describe("/help", () => {
  const topicsOf = async (world: ReturnType<typeof harness>) => {
    const [reply] = await world.replies("/help", { isOperator: false });
    return (reply?.controls ?? []).flatMap((control) => ("command" in control ? [control.command] : []));
  };

  it("names every command on one screen, with a button for each topic", async () => {
    const world = harness();
    const text = await world.say("/help", { isOperator: false });
    for (const { path } of world.dispatcher.commands) expect(text).toContain(`\`/${path}\``);
    expect(text.length).toBeLessThan(1_500);
    expect(await topicsOf(world)).toEqual(["/help chat", "/help models", "/help settings", "/help more"]);
  });

  it("says in the topics what each command takes and does, in less than one message each", async () => {
    const world = harness();
    const topics = await topicsOf(world);
    const texts = await Promise.all(topics.map((command) => world.say(command, { isOperator: false })));
    for (const command of world.dispatcher.commands) {
      const lines = texts.join("\n").split("\n");
      const own = lines.filter((line) => line.startsWith(`- \`${commandUsage(command)}\``));
      expect(own, command.path).toHaveLength(1);
      expect(own[0]).toContain(command.about);
    }
    for (const text of texts) expect(text.length).toBeLessThan(4_000);
  });

  it("marks what is for operators, by the workspace's rules", async () => {
    const world = harness();
    expect(await world.say("/help settings")).toContain(
      "`/settings auto-refresh on|off 1|3|5|10|15|smart [provider]` 🔒",
    );
    expect(await world.say("/help models")).toContain("`/models use MODEL` Choose");
    await world.say("/settings switching operators");
    expect(await world.say("/help models")).toContain("`/models use MODEL` 🔒 Choose");
  });
});

describe("the registry", () => {
  const { commands } = harness().dispatcher;

  it("has each path once, the commands of one group beside each other, and help at the end", () => {
    const paths = commands.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const groups = paths.map((path) => path.split(" ")[0]);
    const changes = groups.filter((group, index) => group !== groups[index - 1]);
    expect(new Set(changes).size).toBe(changes.length);
    expect(paths.at(-1)).toBe("help");
  });

  it("keeps the commands that users know, all ephemeral", () => {
    const known = `refresh-models, models status, models list, models changes, models use, models unpin, models board,
      settings show, settings auto-refresh, settings model, settings switching, settings access, settings footer,
      chat new, chat stop, chat retry, chat thread, chat system, chat reasoning, chat export, chat forget, usage, help`;
    const paths = known.split(/,\s+/);
    const found = commands.filter(({ path }) => paths.includes(path));
    expect(found).toHaveLength(paths.length);
    expect(found.filter(({ visibility }) => visibility !== "ephemeral")).toEqual([]);
  });

  it("fits what platforms let an app register", () => {
    for (const command of commands) {
      expect(command.path).toMatch(/^[a-z-]{1,32}( [a-z-]{1,32})?$/);
      expect(command.about.length, command.path).toBeLessThanOrEqual(100);
      for (const [name, option] of Object.entries(command.options)) {
        expect(name).toMatch(/^[a-z-]{1,32}$/);
        expect(option.about.length, `${command.path} ${name}`).toBeLessThanOrEqual(100);
        expect(acceptedText(option)).not.toBe("");
      }
    }
  });
});
