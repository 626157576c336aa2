import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "./playground-client.js";
import { endProcess } from "./server-process.js";

export interface DiscordProxy {
  /** For DISCORD_API_URL. */
  readonly url: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Runs the proxy of deploy/discord-proxy before a Discord on loopback. */
export async function startDiscordProxy(upstream: string, port = 0): Promise<DiscordProxy> {
  const { child, text } = launch({ PROXY_PORT: String(port), DISCORD_UPSTREAM_URL: upstream });
  const stop = () => endProcess(child, "SIGTERM");
  const url = await eventually("the proxy", () => {
    if (child.exitCode !== null) throw new Error(text());
    return /"url":"([^"]+)"/.exec(text())?.[1];
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url, process: child, stop };
}

/** Runs the proxy until it ends by itself. */
export async function runDiscordProxy(environment: Record<string, string>) {
  const { child, text } = launch(environment);
  const [code] = await once(child, "close");
  return { code, text: text() };
}

function launch(environment: Record<string, string>) {
  const child = spawn(process.execPath, ["deploy/discord-proxy/main.mjs"], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return { child, text: () => text };
}
