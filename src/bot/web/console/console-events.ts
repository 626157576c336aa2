import type { Context } from "hono";
import type { Clock } from "../../../base/clock.js";
import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { Snapshot } from "../../../refresh/catalog/catalog-entry.js";
import type { History } from "../../observe/history.js";
import type { Series } from "../../observe/recent.js";
import { createEventHub } from "../http/event-hub.js";
import { type ConsoleFacts, catalogueView, consoleState } from "./console-view.js";
import { firstDay, type ReadUsage, usageView } from "./usage.js";

export interface ConsoleEventsDeps {
  readonly facts: ConsoleFacts;
  readonly series: Series;
  readonly history: Pick<History, "look">;
  /** Undefined where no ledger is kept. */
  readonly readUsage: ReadUsage | undefined;
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
}

/** The event streams of open consoles: everything at once, then what has changed. */
export interface ConsoleEvents {
  /** @throws {HttpError} 503 while too many consoles are open */
  open(context: Context): Response;
  /** What the `state` event says now. */
  state(): ReturnType<ConsoleViews["state"]>;
  /** Everything that a stream begins with. */
  all(): Promise<object>;
  start(): void;
  stop(): void;
}

const MAX_STREAMS = 50;
/** The state is sent at every beat; samples are taken and charts sent at every third, usage at every twelfth. */
const BEAT_MS = 5_000;
const BEATS_PER_SAMPLE = 3;
const BEATS_PER_USAGE = 12;

export function createConsoleEvents(deps: ConsoleEventsDeps): ConsoleEvents {
  const { facts, series, history, clock } = deps;
  const views = createViews(deps);
  const stopping = new AbortController();
  const stops: (() => void)[] = [];
  let lists: Snapshot["providers"] | undefined;
  let sentRefreshes = 0;

  const hub = createEventHub<undefined>({
    clock,
    what: "consoles",
    maxStreams: MAX_STREAMS,
    onOpen(send) {
      lists = facts.refresher().snapshot().providers;
      for (const name of ["state", "series", "catalogue"] as const) send(name, views[name](), name);
      void views.usage().then((usage) => send("usage", usage, "usage"));
    },
  });
  const send = (name: string, data: object) => hub.send(name, data, { key: name });
  /** The charts follow at once when somebody has just refreshed a list. */
  const sendState = (withSeries: boolean) => {
    send("state", views.state());
    if (!withSeries && series.heard() === sentRefreshes) return;
    sentRefreshes = series.heard();
    send("series", views.series());
  };
  /** Several things change in one step of a refresh: they are sent together. */
  const sendChangesSoon = coalesced(() => {
    if (!hub.hasListeners()) return;
    sendState(false);
    const { providers } = facts.refresher().snapshot();
    if (!hasSameLists(providers, lists)) send("catalogue", views.catalogue());
    lists = providers;
  });
  const beats = async () => {
    for (let beat = 1; ; beat++) {
      await clock.sleep(BEAT_MS, stopping.signal);
      if (beat % BEATS_PER_SAMPLE === 0) history.look(series.sample());
      if (!hub.hasListeners()) continue;
      sendState(beat % BEATS_PER_SAMPLE === 0);
      if (beat % BEATS_PER_USAGE === 0) send("usage", await views.usage());
    }
  };
  return {
    open: (context) => hub.open(context, undefined),
    state: views.state,
    all: () => allOf(views),
    start() {
      stops.push(facts.refresher().onChange(sendChangesSoon), facts.settings.onChange(sendChangesSoon));
      series.sample();
      hub.start();
      beats().catch(() => {}); // ends with `stop`
    },
    stop() {
      stopping.abort();
      for (const stop of stops) stop();
      hub.stop();
    },
  };
}

/** The data of each event, by its name. */
function createViews({ facts, series, readUsage, clock, log }: ConsoleEventsDeps) {
  const startedAt = clock.now();
  return {
    state: () => consoleState(facts, { now: clock.now(), startedAt }),
    series: () => series.view(),
    catalogue: () => catalogueView(facts.refresher(), facts.modelFacts),
    async usage() {
      const now = clock.now();
      try {
        const rows = (await readUsage?.(firstDay(now))) ?? [];
        return { isKept: readUsage !== undefined, isFailed: false, ...usageView(rows, now) };
      } catch (error) {
        log.warn({ error: messageOf(error) }, "console: reading the usage ledger failed");
        return { isKept: true, isFailed: true, ...usageView([], now) };
      }
    },
  };
}

async function allOf({ state, series, catalogue, usage }: ConsoleViews): Promise<object> {
  return { state: state(), series: series(), catalogue: catalogue(), usage: await usage() };
}

/** Calls `work` once in the next microtask, however often it was asked to until then. */
function coalesced(work: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      work();
    });
  };
}

/** The data of the console's events, as the page gets it. */
export type ConsoleViews = ReturnType<typeof createViews>;

const hasSameLists = (now: Snapshot["providers"], before: Snapshot["providers"] | undefined) =>
  [...now].every(([id, { models, missing, refused }]) => {
    const entry = before?.get(id);
    return entry?.models === models && entry.missing === missing && entry.refused === refused;
  });
