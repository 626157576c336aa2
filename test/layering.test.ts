import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** From the top down: a folder imports itself and the folders after it. */
const LAYERS = ["main", "bot", "commands", "quota", "refresh", "usage", "store", "providers", "base", "languages"];

/** The rooms of a folder from the top down: a room imports itself and the rooms after it. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  bot: [
    "registry.ts",
    "platform-handlers.ts",
    "discord",
    "slack",
    "web",
    "status",
    "board",
    "watch",
    "observe",
    "catch-up",
    "turn",
    "access",
    "delivery",
    "prompt",
    "port",
  ],
  refresh: [
    "schedule.ts",
    "engine",
    "fetch",
    "refresh-texts.ts",
    "decide",
    "refresher.ts",
    "watch",
    "choose",
    "simulation",
    "smart",
    "catalog",
    "settings.ts",
  ],
  store: ["registry.ts", "open-store.ts", "redis", "postgres", "sqlite", "sessions"],
};
/** Files that declare a vendor may use every room of `providers`; the rooms themselves keep this order. */
const PROVIDER_ROOMS = [
  "ollama-wire",
  "openai-wire",
  "anthropic-wire",
  "demo",
  "provider-definition.ts",
  "chat",
  "lists",
  "http",
  "provider.ts",
];

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => normalize(file));
const source = new Map(files.map((file) => [file, readFileSync(join("src", file), "utf8")]));
const codeOf = (file: string) =>
  (source.get(file) ?? "").replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

/** Everything that a file imports, types and dynamic imports too. */
const importsOf = (file: string) =>
  [
    ...codeOf(file).matchAll(
      /\bfrom\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|\bimport\s+["']([^"']+)["']/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
const localImportsOf = (file: string) =>
  importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => normalize(join(dirname(file), specifier.replace(/\.js$/, ".ts"))));

function layerOf(file: string): string {
  const [top = "", ...rest] = file.split("/");
  if (rest.length > 0) return top;
  return "main";
}

/** The rooms of `folder` (files and folders) that each of its rooms imports. */
function roomImportsOf(folder: string): ReadonlyMap<string, ReadonlySet<string>> {
  const isInside = (file: string) => file.startsWith(folder === "" ? "" : `${folder}/`);
  const roomOf = (file: string) => file.slice(folder === "" ? 0 : folder.length + 1).split("/")[0] ?? "";
  const imports = new Map<string, Set<string>>();
  for (const file of files.filter(isInside)) {
    const targets = localImportsOf(file).filter(isInside).map(roomOf);
    const known = imports.get(roomOf(file)) ?? new Set();
    imports.set(roomOf(file), new Set([...known, ...targets.filter((room) => room !== roomOf(file))]));
  }
  return imports;
}

/** Every chain of nodes that comes back to its first. */
function circlesOf(nodes: Iterable<string>, next: (node: string) => Iterable<string>): readonly string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (node: string, path: readonly string[]) => {
    if (path.includes(node)) return void circles.push([...path.slice(path.indexOf(node)), node].join(" → "));
    if (done.has(node)) return;
    for (const target of next(node)) visit(target, [...path, node]);
    done.add(node);
  };
  for (const node of nodes) visit(node, []);
  return circles;
}

const folders = [
  ...new Set(
    files.flatMap((file) =>
      file
        .split("/")
        .slice(0, -1)
        .map((_, index, parts) => parts.slice(0, index + 1).join("/")),
    ),
  ),
];

const importersOf = (pattern: RegExp) =>
  files.filter((file) => importsOf(file).some((specifier) => pattern.test(specifier)));
const usersOf = (pattern: RegExp) => files.filter((file) => pattern.test(codeOf(file)));

/** Most rooms (files and folders) of a folder; commands and vendors are one file each. */
const MAX_ROOMS = 20;

describe("layering", () => {
  it("finds the source", () => {
    expect(files.length).toBeGreaterThan(10);
  });

  it("knows every folder", () => {
    expect(files.map(layerOf).filter((layer) => !LAYERS.includes(layer))).toEqual([]);
  });

  it("lets a folder import only itself and what is below it", () => {
    const upward = files.flatMap((file) =>
      localImportsOf(file)
        .filter((target) => LAYERS.indexOf(layerOf(target)) < LAYERS.indexOf(layerOf(file)))
        .map((target) => `${file} → ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it("has no import cycles, types counted", () => {
    expect(circlesOf(files, localImportsOf)).toEqual([]);
  });

  it.each(["", ...folders])("has no circle among the rooms of src/%s", (folder) => {
    const imports = roomImportsOf(folder);
    expect(circlesOf(imports.keys(), (room) => imports.get(room) ?? [])).toEqual([]);
  });

  it.each(Object.entries(ROOMS))("keeps the order of the rooms of src/%s", (folder, order) => {
    const upward = [...roomImportsOf(folder)].flatMap(([room, targets]) =>
      [...targets]
        .filter(
          (target) => order.includes(room) && order.indexOf(target) >= 0 && order.indexOf(target) < order.indexOf(room),
        )
        .map((target) => `${room} → ${target}`),
    );
    expect(upward).toEqual([]);
    expect(order.filter((room) => !existsSync(join("src", folder, room)))).toEqual([]);
  });

  it("keeps the order of the rooms of src/providers", () => {
    const upward = [...roomImportsOf("providers")]
      .filter(([room]) => PROVIDER_ROOMS.includes(room))
      .flatMap(([room, targets]) =>
        [...targets]
          .filter((target) => PROVIDER_ROOMS.indexOf(target) < PROVIDER_ROOMS.indexOf(room))
          .map((target) => `${room} → ${target}`),
      );
    expect(upward).toEqual([]);
  });

  it("never lets Discord and Slack import each other", () => {
    const across = files.flatMap((file) => {
      const other = file.startsWith("bot/discord/")
        ? "bot/slack/"
        : file.startsWith("bot/slack/")
          ? "bot/discord/"
          : undefined;
      return other === undefined ? [] : localImportsOf(file).filter((target) => target.startsWith(other));
    });
    expect(across).toEqual([]);
  });

  it.each(folders.filter((folder) => !["commands", "providers"].includes(folder)))(
    "has at most 20 rooms in src/%s",
    (folder) => {
      expect(readdirSync(join("src", folder)).length).toBeLessThanOrEqual(MAX_ROOMS);
    },
  );

  it("gives each exported name one meaning", () => {
    const homes = new Map<string, Set<string>>();
    for (const file of files)
      for (const match of codeOf(file).matchAll(
        /^export (?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type|enum) (\w+)/gm,
      ))
        homes.set(match[1] ?? "", (homes.get(match[1] ?? "") ?? new Set()).add(file));
    const shared = [...homes].filter(([, at]) => at.size > 1).map(([name, at]) => `${name}: ${[...at].join(", ")}`);
    expect(shared).toEqual([]);
  });

  it("resolves every local import", () => {
    const missing = files.flatMap((file) => localImportsOf(file).filter((target) => !source.has(target)));
    expect(missing).toEqual([]);
  });

  it("imports a registry in main.ts only", () => {
    expect(importersOf(/\/registry\.js$/).filter((file) => file !== "main.ts")).toEqual([]);
  });

  it.each([
    ["discord.js", /^(discord\.js|discord-api-types\/.+|@discordjs\/.+)$/, /^bot\/discord\//],
    ["Bolt", /^@slack\//, /^bot\/slack\//],
    ["Keyv and its drivers", /^(keyv|@keyv\/.+|libsql|sqlite3|pg)$/, /^store\//],
    ["node-cron", /^node-cron$/, /^refresh\/schedule\.ts$/],
    ["Hono", /^(hono|@hono\/)/, /^bot\/(web\/|port\/platform-definition\.ts)/],
    ["pino", /^pino$/, /^base\/log\.ts$/],
    ["prom-client", /^prom-client$/, /metrics\.ts$/],
    ["chart.js and its canvas", /^(chart\.js|@napi-rs\/canvas)$/, /^usage\/chart\/(draw-chart|chart-options)\.ts$/],
  ])("imports %s in its adapter only", (_name, pattern, home) => {
    expect(importersOf(pattern).filter((file) => !home.test(file))).toEqual([]);
  });

  it("reads process.env in main.ts only", () => {
    expect(usersOf(/process\.env/).filter((file) => file !== "main.ts")).toEqual([]);
  });

  it("reads time in base/clock.ts only", () => {
    const pattern = /\bDate\.now\(|\bsetTimeout\(|\bsetInterval\(|\bfrom ["']node:timers/;
    expect(usersOf(pattern).filter((file) => file !== "base/clock.ts" && !file.includes("/page/"))).toEqual([]);
  });

  it("uses no any", () => {
    expect(usersOf(/(:|<|\bas|,)\s*any\b/)).toEqual([]);
  });

  it("has no barrels", () => {
    expect(files.filter((file) => /(^|\/)index\.ts$/.test(file))).toEqual([]);
  });
});
