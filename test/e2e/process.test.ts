import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BotProcess, MAIN, runProgram, startProcess } from "../support/bot-process.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

let folder: ReturnType<typeof temporaryFolder>;
const running: BotProcess[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((bot) => bot.end("SIGKILL")));
  folder.remove();
});

async function start(environment: Record<string, string> = {}): Promise<BotProcess> {
  const bot = await startProcess(folder.path, environment);
  running.push(bot);
  return bot;
}

/** Code that runs in the bot as soon as it ends on what nobody has foreseen: on a busy machine a start takes seconds. */
const onceWatched = (code: string) =>
  `const wait = setInterval(() => { if (process.listenerCount("uncaughtException") === 0) return; clearInterval(wait); ${code} }, 50);`;

describe("what nobody has foreseen", () => {
  it.each([
    ["an exception", "throw fault;", "uncaught exception"],
    ["a rejection", "Promise.reject(fault);", "unhandled promise rejection"],
  ])("ends the bot after %s with a line that holds no secret, and exits with 1", async (_what, code, message) => {
    const fault = "const fault = new Error('key sk-' + 'live-abcdefgh1234');";
    const module = `data:text/javascript,${encodeURIComponent(`${fault}${onceWatched(code)}`)}`;
    const { code: exit, stderr } = await runProgram(folder.path, [], {
      NODE_OPTIONS: `--import=${module}`,
      HTTP_PORT: "0",
    });
    expect(exit).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain("key [secret]");
    expect(stderr).not.toContain("sk-live");
  });
});

it("says in a sentence that the machine lets it open no more files", async () => {
  const code = onceWatched("throw Object.assign(new Error('accept'), { code: 'EMFILE' });");
  const module = `data:text/javascript,${encodeURIComponent(code)}`;
  const { code: exit, stderr } = await runProgram(folder.path, [], { NODE_OPTIONS: `--import=${module}` });
  expect(exit).toBe(1);
  expect(stderr).toContain("ulimit -n 4096");
  expect(stderr).not.toContain("    at ");
});

describe("a start that cannot work", () => {
  it("names every faulty variable with its fix, prints no secret, and exits with 2", async () => {
    const { code, stderr, stdout } = await runProgram(folder.path, [], {
      OPENAI_API_KEY: "sk-with a space",
      REFRESH_INTERVAL_SECONDS: "5",
      HTTP_HOST: "0.0.0.0",
      STORE_URL: "mysql://user:hunter2@host/db",
    });
    expect(code).toBe(2);
    for (const variable of ["OPENAI_API_KEY", "REFRESH_INTERVAL_SECONDS", "HTTP_TOKEN", "STORE_URL"]) {
      expect(stderr).toMatch(new RegExp(`^✗ ${variable}: \\S+`, "m"));
    }
    expect(stderr + stdout).not.toMatch(/with a space|hunter2/);
  });

  it("reads .env, and lets the real environment win", async () => {
    writeFileSync(join(folder.path, ".env"), "REFRESH_TIMEOUT_SECONDS=99\nCACHE_MAX_AGE_SECONDS=1\n");
    const { code, stderr } = await runProgram(folder.path, [], { REFRESH_TIMEOUT_SECONDS: "10" });
    expect(code).toBe(2);
    expect(stderr).toContain("CACHE_MAX_AGE_SECONDS");
    expect(stderr).not.toContain("REFRESH_TIMEOUT_SECONDS");
  });

  it.each([
    [
      "a folder that cannot be made",
      (path: string) => writeFileSync(join(path, "data"), "a file where the folder should be"),
    ],
    [
      "a database that is none",
      (path: string) => {
        mkdirSync(join(path, "data"));
        writeFileSync(join(path, "data", "evergreen.sqlite"), "not a database, but somebody's text ".repeat(100));
      },
    ],
  ])("says what is wrong with %s and exits with 2", async (_name, spoil) => {
    spoil(folder.path);
    const { code, stderr } = await runProgram(folder.path, []);
    expect(stderr).toMatch(/^✗ STORE_URL: /m);
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(2);
  });

  it("says which port is in use and exits with 2", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await eventually("a port", () => other.listening || undefined);
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runProgram(folder.path, [], { HTTP_PORT: String(port) });
    other.close();
    expect(stderr).toContain(`✗ HTTP_PORT: port ${port} is in use`);
    expect(code).toBe(2);
  });
});

describe("a running process", () => {
  it("keeps conversation, marks, pin, settings and lists over a stop and a start", async () => {
    const first = await start();
    const before = playgroundClient(first.url);
    const { answer } = await before.ask("remember the number 42");
    await before.command("/models use demo/evergreen-thinker");
    await before.command("/settings auto-refresh off 10");
    const said = await before.messages();
    const models = await before.models();
    expect(await first.end("SIGINT")).toBe(0);

    const second = await start();
    const after = playgroundClient(second.url);
    expect(await after.messages()).toEqual(said);
    expect(said.find(({ id }) => id === answer.id)?.text).toContain("42");
    expect((await after.models()).models).toEqual(models.models);
    expect((await after.status()).autoRefresh).toEqual({ enabled: false, intervalSeconds: 600 });
    expect((await after.ask("and now?")).answer.text).toContain("Thinker");
  });

  it("ends with 0 on SIGTERM, also when the signal comes twice at once", async () => {
    const bot = await start();
    const ended = bot.end("SIGTERM");
    bot.process.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  it("lets a running answer finish before it ends", async () => {
    const bot = await start();
    const client = playgroundClient(bot.url);
    const stream = await client.listen();
    const id = await client.say("a question");
    await eventually("the first text", () => stream.events.find((event) => event.type === "edit"));
    expect(await bot.end("SIGTERM")).toBe(0);
    await stream.close();
    const next = playgroundClient((await start()).url);
    const question = (await next.messages()).find((message) => message.id === id);
    expect(question?.marks).toEqual(["✅"]);
  });

  it("marks what a kill cut short at the next start, and loses nothing that had its end mark", async () => {
    const bot = await start();
    const client = playgroundClient(bot.url);
    const { answer } = await client.ask("kept");
    const stream = await client.listen();
    const id = await client.say("cut short");
    await eventually("the first text", () => stream.events.find((event) => event.type === "edit"));
    await bot.end("SIGKILL");
    await stream.close();

    const next = playgroundClient((await start()).url);
    const messages = await next.messages();
    expect(messages.find((message) => message.id === answer.id)).toMatchObject({ text: answer.text });
    const position = messages.findIndex((message) => message.id === id);
    expect(messages[position]?.marks).toEqual(["⚠️"]);
    expect(messages[position + 1]?.text).toMatch(/\S[\s\S]*\n\n⚠️ Interrupted by a restart\.$/);
  });

  it("fetches its first list at the next start, when a kill came while it was being fetched", async () => {
    const openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const environment = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url };
    openai.hangLists();
    const bot = await start(environment);
    await eventually("a request", () => openai.listRequests() === 1 || undefined);
    await bot.end("SIGKILL");
    openai.hangLists(false);
    const client = playgroundClient((await start(environment)).url);
    await eventually("the list", async () => (await client.models()).models.length === 1 || undefined);
    await openai.close();
  });

  it("is left alone by a second start in the same folder", async () => {
    const bot = await start();
    const client = playgroundClient(bot.url);
    const stream = await client.listen();
    const id = await client.say("a question");
    await stream.until((event) => event.type === "edit");
    const second = await runProgram(folder.path, [], { HTTP_PORT: new URL(bot.url).port });
    expect(second.code).toBe(2);
    await stream.until((event) => event.type === "mark" && event.id === id && event.marks?.[0] === "✅");
    await stream.close();
    const messages = await client.messages();
    expect(messages.filter(({ text }) => text.includes("Interrupted"))).toEqual([]);
    // The demo counts the questions that it is sent.
    expect((await client.ask("and another")).answer.text).toContain("number 2");
  });

  it("shares its folder with a second bot on another port without losing a channel", async () => {
    const bots = [await start(), await start()];
    for (const [number, { url }] of bots.entries()) await playgroundClient(url, `channel-${number}`).ask("hello");
    for (const bot of bots) await bot.end("SIGTERM");
    const { url } = await start();
    for (const number of [0, 1]) expect(await playgroundClient(url, `channel-${number}`).messages()).toHaveLength(2);
  });

  it("writes no prompt and no answer into its log", async () => {
    const bot = await start({ LOG_LEVEL: "trace" });
    await playgroundClient(bot.url).ask("my private question");
    await bot.end("SIGTERM");
    expect(bot.log()).not.toContain("private");
  });

  it("does without the playground when it is off", async () => {
    const bot = await start({ PLAYGROUND: "off" });
    const codes = await Promise.all(
      ["/", "/api/channels/general/messages", "/api/status", "/healthz", "/readyz", "/metrics"].map(
        async (path) => (await fetch(bot.url + path)).status,
      ),
    );
    expect(codes).toEqual([404, 404, 200, 200, 200, 200]);
  });
});

describe("doctor", () => {
  it("ends as usual where its output is read no further", async () => {
    const program = spawn(process.execPath, [MAIN, "doctor"], { cwd: folder.path, env: { DEMO_PROVIDER: "true" } });
    program.stdout.once("data", () => program.stdout.destroy());
    let complaints = "";
    program.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));

    expect((await once(program, "close"))[0]).toBe(0);
    expect(complaints).toBe("");
  });

  it("tells what is configured, a line each, and exits with 0 when all is well", async () => {
    const { code, stdout } = await runProgram(folder.path, ["doctor"]);
    expect(stdout).toMatch(/^✓ store: /m);
    expect(stdout).toMatch(/^✓ demo: answers, \d+ chat models$/m);
    expect(stdout).not.toContain("✗");
    expect(code).toBe(0);
  });

  it("names what does not work, without the key, and exits with 1", async () => {
    const { code, stdout, stderr } = await runProgram(folder.path, ["doctor"], {
      OPENAI_API_KEY: "sk-do-not-show-me",
      OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
    });
    expect(stdout).toMatch(/^✗ openai: .*check its base URL/m);
    expect(stdout + stderr).not.toContain("do-not-show-me");
    expect(code).toBe(1);
  });

  it("prints the faults of the configuration and exits with 1", async () => {
    const { code, stdout } = await runProgram(folder.path, ["doctor"], { AUTO_REFRESH: "perhaps" });
    expect(stdout).toMatch(/^✗ AUTO_REFRESH: /m);
    expect(code).toBe(1);
  });

  it("leaves a bot that runs on the same data alone", async () => {
    const bot = await start();
    const { code } = await runProgram(folder.path, ["doctor"]);
    expect(code).toBe(0);
    expect((await playgroundClient(bot.url).ask("still there?")).question.marks).toEqual(["✅"]);
  });
});

describe("the command line", () => {
  it.each([[["--help"]], [["-h"]], [["doctor", "--help"]]])(
    "prints the usage for %s, starts nothing",
    async (words) => {
      const { code, stdout, stderr } = await runProgram(folder.path, words);
      expect(stdout).toMatch(/^Usage: /);
      for (const program of ["doctor", "simulate", "slack-manifest"]) expect(stdout).toContain(program);
      expect(stderr).toBe("");
      expect(code).toBe(0);
    },
  );

  it("prints the version of the package", async () => {
    const { code, stdout } = await runProgram(folder.path, ["--version"]);
    expect(stdout.trim()).toBe(JSON.parse(readFileSync("package.json", "utf8")).version);
    expect(code).toBe(0);
  });

  it.each([[["doktor"]], [["--port"]], [["help me"]], [["doctor", "--fix"]]])(
    "refuses the unknown word in %s with 2 and starts nothing",
    async (words) => {
      const { code, stdout, stderr } = await runProgram(folder.path, words);
      expect(stderr).toContain(words.at(-1));
      expect(stderr).toContain("Usage: ");
      expect(stdout).toBe("");
      expect(code).toBe(2);
    },
  );

  it("warns at the start of a variable that is probably misspelt", async () => {
    const bot = await start({ OPENAI_API_KY: "sk-never-shown" });
    expect(bot.log()).toContain("did you mean OPENAI_API_KEY?");
    expect(bot.log()).not.toContain("sk-never-shown");
  });
});
