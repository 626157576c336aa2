import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FakeDiscord, startFakeDiscord } from "../support/fake-discord.js";
import { freePort } from "../support/free-port.js";
import { type Container, composeFile, kubernetesManifests } from "../support/manifests.js";
import { eventually } from "../support/playground-client.js";
import { startPostgres } from "../support/postgres-server.js";
import { endProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const HTTP_TOKEN = "a-long-random-value-for-tests";

const postgres = await startPostgres();
const folder = temporaryFolder();
let discord: FakeDiscord;
let ports: { readonly bot: string; readonly proxy: string };
let children: ChildProcess[] = [];
beforeAll(async () => {
  discord = await startFakeDiscord();
  ports = { bot: String(await freePort()), proxy: String(await freePort()) };
});
afterEach(async () => {
  await Promise.all(children.map((child) => endProcess(child, "SIGKILL")));
  children = [];
});
afterAll(async () => {
  await Promise.all([discord.close(), postgres?.remove()]);
  folder.remove();
});

/** Images keep the program in /app: the bot's is dist/main.js of this checkout, the proxy's its folder. */
const FILES: Readonly<Record<string, string>> = {
  "dist/main.js": resolve("dist/main.js"),
  "main.mjs": resolve("deploy/discord-proxy/main.mjs"),
};

type Environment = Readonly<Record<string, string>>;

/** What an image runs where nobody says otherwise, and its environment. */
function imageOf(dockerfile: string): { readonly command: readonly string[]; readonly environment: Environment } {
  const text = readFileSync(dockerfile, "utf8");
  const command: readonly string[] = JSON.parse(/^CMD (\[.*\])$/m.exec(text)?.[1] ?? "[]");
  const [, block = ""] = /^ENV ((?:.*\\\n)*.*)$/m.exec(text) ?? [];
  const pairs = [...block.matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value] as const);
  return { command, environment: Object.fromEntries(pairs) };
}

/** The manifest's environment with this machine's servers in the places of the cluster's, and free ports. */
const here = (environment: Environment): Environment => ({
  ...environment,
  PATH: process.env.PATH ?? "",
  ...("HTTP_PORT" in environment && {
    HTTP_PORT: ports.bot,
    HTTP_TOKEN,
    STORE_URL: postgres?.url ?? "",
    DISCORD_TOKEN: discord.token,
    DEMO_PROVIDER: "on",
    DISCORD_API_URL: (environment.DISCORD_API_URL ?? "").replace("discord-proxy:8080", `127.0.0.1:${ports.proxy}`),
    HTTP_ALLOWED_HOSTS: (environment.HTTP_ALLOWED_HOSTS ?? "").replaceAll("8787", ports.bot),
  }),
  ...("PROXY_PORT" in environment && { PROXY_PORT: ports.proxy, DISCORD_UPSTREAM_URL: discord.url }),
});

function run([program = "", ...words]: readonly string[], environment: Environment): ChildProcess {
  expect(program).toBe("node");
  const args = words.map((word) => FILES[word] ?? word);
  const child = spawn(process.execPath, args, { cwd: folder.path, env: here(environment), stdio: "ignore" });
  children.push(child);
  return child;
}

async function expectWork(bot: ChildProcess, proxy: ChildProcess, host: string): Promise<void> {
  const base = `http://127.0.0.1:${ports.bot}`;
  const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${base}${path}`, { headers });
  const isOk = (url: string) =>
    fetch(url).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  await eventually("a live bot", () => isOk(`${base}/healthz`), 60_000);
  await eventually("a live proxy", () => isOk(`http://127.0.0.1:${ports.proxy}/healthz`));
  await eventually("a ready bot", () => isOk(`${base}/readyz`), 60_000);
  await eventually("commands", () => discord.commands.list.length > 0 || undefined);
  expect((await ask("/metrics")).status).toBe(401);
  expect((await ask("/metrics", { authorization: `Bearer ${HTTP_TOKEN}`, host })).status).toBe(200);
  bot.kill("SIGTERM");
  expect((await once(bot, "exit"))[0]).toBe(0);
  proxy.kill("SIGTERM");
  expect((await once(proxy, "exit"))[0]).toBe(0);
  expect(discord.rest.faults).toEqual([]);
}

describe.runIf(postgres !== undefined)("the commands of the manifests, run here", () => {
  it("of deploy/kubernetes work with what its ConfigMap and its containers set", async () => {
    const manifests = kubernetesManifests();
    const settings = manifests.find(({ kind }) => kind === "ConfigMap")?.data ?? {};
    const containerOf = (name: string): Container => {
      const of = manifests.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === name);
      const [container] = of?.spec.template.spec.containers ?? [];
      if (container === undefined) throw new Error(`there is no ${name}`);
      return container;
    };
    const environmentOf = ({ env = [], envFrom = [] }: Container): Environment => {
      const own = env.map(({ name, value = "127.0.0.1" }) => [name, value.replace("$(POD_IP)", "127.0.0.1")]);
      return { ...(envFrom.length > 0 && settings), ...Object.fromEntries(own) };
    };
    const [bot, proxy] = [containerOf("evergreen"), containerOf("discord-proxy")];
    const image = imageOf("Dockerfile").environment;
    await expectWork(
      run(bot.command, { ...image, ...environmentOf(bot) }),
      run(proxy.command, environmentOf(proxy)),
      `evergreen:${ports.bot}`,
    );
  });

  it("of deploy/compose.scale.yaml work with what it sets", async () => {
    const { services } = composeFile("deploy/compose.scale.yaml");
    const environmentOf = (name: string): Environment =>
      Object.fromEntries(
        Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [key, withDefaults(String(value))]),
      );
    const [bot, proxy] = [imageOf("Dockerfile"), imageOf("deploy/discord-proxy/Dockerfile")];
    await expectWork(
      run(bot.command, { ...bot.environment, ...environmentOf("bot-3") }),
      run(proxy.command, { ...proxy.environment, ...environmentOf("discord-proxy") }),
      "localhost:8789",
    );
  });
});

/** ${NAME:-default} and ${NAME:?fault} as Compose reads them where the name is not set. */
const withDefaults = (text: string) =>
  text.replace(/\$\{\w+(?::([-?])([^}]*))?\}/g, (_all, kind, rest) => (kind === "-" ? rest : ""));
