import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { variableSections } from "../src/base/config/env-example.js";
import { messageOf } from "../src/base/errors.js";
import { platformDefinitions } from "../src/bot/registry.js";
import type { CommandDeps } from "../src/commands/command-deps.js";
import { parse } from "../src/commands/grammar/parse.js";
import { createCommands } from "../src/commands/registry.js";
import { createLanguages } from "../src/languages/languages.js";
import { providerDefinitions } from "../src/providers/registry.js";
import { runProgram } from "./support/bot-process.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const GENERATED = /^docs\/(texts|licences|reference\/\w+)\.md$/;
const read = (path: string) => readFileSync(path, "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" }).map((name) => `docs/${name.replaceAll("\\", "/")}`),
].filter((path) => path.endsWith(".md"));
const written = pages.filter((page) => !GENERATED.test(page));

/** Every match of a pattern in the pages that people wrote, with its page. */
const found = (pattern: RegExp) =>
  written.flatMap((page) => [...read(page).matchAll(pattern)].map(([, text = ""]) => ({ page, text: text.trim() })));

const { scripts }: { scripts: Record<string, string> } = JSON.parse(read("package.json"));
const declared = variableSections({ providers: providerDefinitions, platforms: platformDefinitions });
const variables = new Set(declared.flatMap((section) => Object.keys(section.variables)));

describe("the README", () => {
  it("is at most 150 lines of 110 columns", () => {
    const lines = read("README.md").trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(150);
    expect(lines.filter((line) => [...line].length > 110)).toEqual([]);
  });
});

describe("links", () => {
  /** As GitHub makes them: lower case, hyphens for spaces, without punctuation. */
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
  const anchorsIn = (path: string) =>
    [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading.trim()));

  it("lead to files and headings that are there", () => {
    const broken = pages.flatMap((page) => {
      const text = read(page).replace(/```[\s\S]*?```|`[^`\n]*`/g, "");
      const targets = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$|src="([^"]+)"/gm)];
      return targets.flatMap(([, inline, reference, source]) => {
        const target = inline ?? reference ?? source ?? "";
        if (/^(https?:|mailto:|\/)/.test(target) || GENERATED.test(page)) return [];
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? page : normalize(join(dirname(page), path));
        if (!existsSync(file)) return [`${page}: ${target}`];
        return anchor === undefined || anchorsIn(file).includes(anchor)
          ? []
          : [`${page}: ${target} has no such heading`];
      });
    });
    expect(broken).toEqual([]);
  });
});

describe("paths of the repository", () => {
  it("that the documentation names are there", () => {
    const named = found(/`((?:src|test|scripts|bench|deploy|vendor)\/[\w./-]+)`/g);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ page, text }) => page !== "CONTRIBUTING.md" && !existsSync(text))).toEqual([]);
  });
});

describe("environment variables", () => {
  /** Variables of Node.js, of tools, of the rate limit proxies, and of the benchmarks and tests. */
  const OTHERS =
    /^(NODE_\w+|HTTPS?_PROXY|NO_PROXY|POSTGRES_PASSWORD|SOAK_(MINUTES|RATE)|OLDER_BOT|BENCH_\w+|CEREBRAS_\w+|CODE_OF_CONDUCT|EPOCH_MS|PROXY_(HOST|PORT)|DISCORD_UPSTREAM_URL|REQUEST_TIMEOUT|[A-Z0-9]+_API_KEY)$/;

  it("that the documentation names are declared", () => {
    const named = found(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b(?!_)/g).filter(({ text }) => !OTHERS.test(text));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ text }) => !variables.has(text))).toEqual([]);
  });
});

describe("chat commands", () => {
  const setups = providerDefinitions.map(({ id }) => ({ id }));
  const commands = createCommands({ setups, languages: createLanguages() } as unknown as CommandDeps);
  const roots = new Set(commands.map(({ path }) => path.split(" ")[0]));
  /** A form with placeholders, as `/models list [provider]`, is compared up to the first of them. */
  const PLACEHOLDER = /\s(?:\[|<|…|[A-Z]+\b|[a-z-]+\\?\|).*$|\s?…$/;

  it("that the documentation names can be typed", () => {
    const typed = found(/`[!/]([a-z][^`\n]*)`/g).filter(({ text }) => roots.has(text.split(/[\s[]/)[0] ?? ""));
    expect(typed.length).toBeGreaterThan(100);
    const faults = typed.flatMap(({ page, text }) => {
      const isForm = PLACEHOLDER.test(text);
      const line = text.replace(PLACEHOLDER, "");
      // A group, as `/chat`, and a command without the value that it requires are names, not lines to type.
      const isName = [...roots].includes(line) || commands.some(({ path }) => path === line);
      if (isName) return [];
      try {
        parse(commands, line);
        return [];
      } catch (error) {
        return isForm && commands.some(({ path }) => line.startsWith(path))
          ? []
          : [`${page}: /${text}: ${messageOf(error)}`];
      }
    });
    expect(faults).toEqual([]);
  });
});

describe("commands of the shell", () => {
  const fenced = found(/^ *```sh\n([\s\S]*?)^ *```$/gm).flatMap(({ page, text }) =>
    text.split("\n").map((line) => ({ page, text: line.replace(/\s+#.*$/, "").trim() })),
  );
  const inline = found(/`((?:sudo |npm|npx|node |docker |git |cp |BENCH_|PARTS=)[^`\n]*)`/g);
  const lines = [...fenced, ...inline].filter(({ text }) => text !== "" && !/^(#|[A-Z_]+=(<.*>|\S+)$)/.test(text));
  const steps = lines.flatMap(({ page, text }) =>
    text
      .split(/ && | \| | > /)
      .map((step) => ({ page, text: step.replace(/^(?:sudo |(?:[A-Z_]+=\S+ )+)+/, "").trim() })),
  );

  /** What is wrong with a command, as far as it can be told without a network and a container engine. */
  function faultOf(step: string): string | undefined {
    const words = step.split(/\s+/).filter((word) => !/^-/.test(word) || word === "-f");
    const [program = "", ...rest] = words;
    const missing = (path: string | undefined) =>
      path !== undefined && existsSync(path) ? undefined : `no file ${path}`;
    if (program === "npm") {
      const [verb = "", name = ""] = rest;
      if (verb === "run" || verb === "start" || verb === "test") {
        const script = verb === "run" ? name : verb;
        if (scripts[script] === undefined) return `no script ${script}`;
        const bench = script === "bench" ? rest[2] : undefined;
        return bench === undefined || bench === "NAME" ? undefined : missing(`bench/${bench}.bench.mjs`);
      }
      return /^(ci|pack|prune|install)$/.test(verb) ? undefined : `npm ${verb} is not known to the test`;
    }
    if (program === "node") {
      const path = rest.find((word) => /\.m?js$/.test(word));
      return missing(path?.replace("node_modules/evergreen-bot/dist-package/", "dist/"));
    }
    if (program === "docker") {
      const files = rest.flatMap((word, index) =>
        word === "-f" && rest[index + 1] !== undefined ? [rest[index + 1]] : [],
      );
      return files.map(missing).find((fault) => fault !== undefined);
    }
    if (program === "cp" || program === "install") return missing(rest.find((word) => /[./]/.test(word)));
    const known =
      /^(git|cd|kubectl|sudoedit|systemctl|journalctl|echo|npx|openssl|manifest\.json|sbom\.json|chmod|src\/.*)$/;
    return known.test(program) || program === "" ? undefined : `${program} is not known to the test`;
  }

  it("name scripts, benchmarks and files that are there", () => {
    expect(steps.length).toBeGreaterThan(40);
    expect(steps.flatMap(({ page, text }) => (faultOf(text) ? [`${page}: ${text}: ${faultOf(text)}`] : []))).toEqual(
      [],
    );
  });

  const folder = temporaryFolder();
  afterAll(folder.remove);
  /** What can be run without a network; the start itself, the package and the build have tests of their own. */
  const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
    "npm run doctor": ["doctor"],
    "npm run --silent slack-manifest": ["slack-manifest"],
    "npm start -- --help": ["--help"],
  };

  it.each(Object.entries(PROGRAMS))("%s, which the documentation names, works", async (command, words) => {
    expect(lines.some(({ text }) => text.startsWith(command))).toBe(true);
    const { code, stdout } = await runProgram(folder.path, words);
    expect({ code, hasPrinted: stdout.length > 100 }).toEqual({ code: 0, hasPrinted: true });
  });
});
