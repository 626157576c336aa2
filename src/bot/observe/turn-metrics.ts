import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { TurnEvent } from "../turn/turn-deps.js";
import { modelFamily } from "./model-family.js";

/** Seconds; an answer may take minutes. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];

/** Answers: how they end, how fast they begin, how many are open. */
export function turnMetrics(registry: Registry, load: () => number) {
  const registers = [registry];
  const turns = new Counter({
    name: "evergreen_turns_total",
    help: "Answered questions by how the answer ended",
    labelNames: ["platform", "provider", "model_family", "ending"],
    registers,
  });
  const firstText = new Histogram({
    name: "evergreen_first_text_seconds",
    help: "Time from the start of a turn to the first text of its answer",
    labelNames: ["provider"],
    buckets: BUCKETS,
    registers,
  });
  const seconds = new Histogram({
    name: "evergreen_turn_duration_seconds",
    help: "Time from the start of a turn to its end",
    labelNames: ["provider"],
    buckets: BUCKETS,
    registers,
  });
  new Gauge({
    name: "evergreen_turns_open",
    help: "Questions that are being answered or wait in line",
    registers,
    collect() {
      this.set(load());
    },
  });
  return {
    onTurn({ platform, provider, model, ending, durationMs, firstTextMs }: TurnEvent): void {
      const label = { provider: provider ?? "none" };
      turns.inc({ ...label, platform, model_family: modelFamily(model), ending });
      if (durationMs !== null) seconds.observe(label, durationMs / 1000);
      if (firstTextMs !== null) firstText.observe(label, firstTextMs / 1000);
    },
  };
}
