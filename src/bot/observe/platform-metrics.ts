import { Counter, Gauge, type Registry } from "prom-client";
import type { ChatPlatform } from "../port/platform.js";
import type { PlatformObserver } from "./observed-platform.js";

/** Chat surfaces: whether they are up, and what becomes of the calls to them. */
export function platformMetrics(registry: Registry, platforms: () => readonly ChatPlatform[]): PlatformObserver {
  const registers = [registry];
  const calls = new Counter({
    name: "evergreen_platform_calls_total",
    help: "Calls to a chat platform, by kind and by whether they were sent, failed, or (edits only) dropped for a newer text",
    labelNames: ["platform", "call", "result"],
    registers,
  });
  const waiting = new Gauge({
    name: "evergreen_platform_calls_waiting",
    help: "Calls that wait for the pace of a chat platform",
    labelNames: ["platform"],
    registers,
  });
  const inLine = new Map<string, Set<string>>();
  const lineOf = (platform: string) => inLine.get(platform) ?? new Set<string>();
  new Gauge({
    name: "evergreen_questions_waiting",
    help: "Questions that wait behind others of their conversation",
    labelNames: ["platform"],
    registers,
    collect() {
      for (const { name } of platforms()) this.set({ platform: name }, lineOf(name).size);
    },
  });
  new Gauge({
    name: "evergreen_platform_up",
    help: "1 while a configured chat platform is connected, else 0",
    labelNames: ["platform"],
    registers,
    collect() {
      for (const platform of platforms()) this.set({ platform: platform.name }, platform.fault() === undefined ? 1 : 0);
    },
  });
  return {
    onCall: (platform, call, isSent) => calls.inc({ platform, call, result: isSent ? "sent" : "failed" }),
    onDropped: (platform) => calls.inc({ platform, call: "edit", result: "dropped" }),
    onWaiting: (platform, change) => waiting.inc({ platform }, change),
    onMark(platform, message, mark) {
      const line = lineOf(platform);
      if (mark === "waiting") line.add(message);
      else line.delete(message);
      inLine.set(platform, line);
    },
    onQuestion: () => {},
  };
}
