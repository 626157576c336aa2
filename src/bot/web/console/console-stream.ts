import type { Clock } from "../../../base/clock.js";
import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { Snapshot } from "../../../refresh/catalog/catalog-types.js";
import type { Series } from "../../observe/series.js";
import { type EventStream, eventText, KEEP_ALIVE_TEXT, openEventStream } from "../http/event-stream.js";
import { type ConsoleFacts, catalogueView, consoleState } from "./console-view.js";
import { firstDay, type ReadUsage, usageView } from "./usage.js";

export interface ConsoleStreamDeps {
  readonly facts: ConsoleFacts;
  readonly series: Series;
  /** Left out where no ledger is kept. */
  readonly readUsage: ReadUsage | undefined;
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
}

/** The event streams of open consoles: everything at once, then what has changed. */
export interface ConsoleStream {
  /** Undefined when there are too many. */
  open(): ReadableStream<Uint8Array> | undefined;
  /** The same as a stream begins with. */
  all(): Promise<object>;
  start(): void;
  stop(): void;
}

const MOST_STREAMS = 50;
/** Of state; ages and delay are noted, and charts told, every third time, the ledger read every twelfth. */
const BEAT_MS = 5_000;
const BEATS_OF_SERIES = 3;
const BEATS_OF_USAGE = 12;

export function createConsoleStream({ facts, series, readUsage, clock, log }: ConsoleStreamDeps): ConsoleStream {
  const streams = new Set<EventStream<undefined>>();
  const stopping = new AbortController();
  const startedAt = clock.now();
  let stopListening = () => {};
  let lists: Snapshot["providers"] | undefined;
  let isLookingSoon = false;
  let toldRefreshes = 0;

  const state = () => consoleState(facts, { now: clock.now(), startedAt });
  const catalogue = () => catalogueView(facts.refresher(), facts.modelFacts);
  const usage = async () => {
    const now = clock.now();
    try {
      return { isKept: readUsage !== undefined, ...usageView((await readUsage?.(firstDay(now))) ?? [], now) };
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the ledger could not be read for the console");
      return { isKept: true, isFailed: true, ...usageView([], now) };
    }
  };
  const tell = (event: string, data: object, to: Iterable<EventStream<undefined>> = streams) => {
    const text = eventText(event, data);
    for (const stream of to) stream.push(text, event);
  };
  const tellSeries = () => {
    toldRefreshes = series.heard();
    tell("series", series.view());
  };
  /** The charts do not wait for their time when somebody has just refreshed a list. */
  const tellState = () => {
    tell("state", state());
    if (series.heard() !== toldRefreshes) tellSeries();
  };
  const tellUsage = async (to: Iterable<EventStream<undefined>>) => tell("usage", await usage(), to);
  const sameLists = (now: Snapshot["providers"]) =>
    lists !== undefined && [...now].every(([id, entry]) => isSameList(entry, lists?.get(id)));
  const tellLists = () => {
    const { providers } = facts.refresher().snapshot();
    if (sameLists(providers)) return;
    lists = providers;
    tell("catalogue", catalogue());
  };
  /** Several things change in one step of a refresh. */
  const lookSoon = () => {
    if (isLookingSoon || streams.size === 0) return;
    isLookingSoon = true;
    queueMicrotask(() => {
      isLookingSoon = false;
      tellState();
      tellLists();
    });
  };
  const beats = async () => {
    for (let beat = 1; ; beat++) {
      await clock.sleep(BEAT_MS, stopping.signal);
      if (beat % BEATS_OF_SERIES === 0) series.sample();
      if (streams.size === 0) continue;
      tellState();
      if (beat % BEATS_OF_SERIES === 0) {
        tellSeries();
        for (const stream of streams) stream.push(KEEP_ALIVE_TEXT, "keep-alive");
      }
      if (beat % BEATS_OF_USAGE === 0) await tellUsage(streams);
    }
  };
  return {
    open() {
      if (streams.size >= MOST_STREAMS || stopping.signal.aborted) return undefined;
      const stream = openEventStream<undefined>(undefined, (ended) => streams.delete(ended));
      streams.add(stream);
      tell("state", state(), [stream]);
      tell("series", series.view(), [stream]);
      lists = facts.refresher().snapshot().providers;
      tell("catalogue", catalogue(), [stream]);
      void tellUsage([stream]);
      return stream.body;
    },
    all: async () => ({
      state: state(),
      series: series.view(),
      catalogue: catalogue(),
      usage: await usage(),
    }),
    start() {
      const stops = [facts.refresher().onChange(lookSoon), facts.settings.onChange(lookSoon)];
      stopListening = () => {
        for (const stop of stops) stop();
      };
      series.sample();
      beats().catch(() => {}); // ends with `stop`
    },
    stop() {
      stopping.abort();
      stopListening();
      for (const stream of [...streams]) stream.end();
    },
  };
}

type Entry = ReturnType<Snapshot["providers"]["get"]>;

const isSameList = (a: Entry, b: Entry) =>
  a?.models === b?.models && a?.missing === b?.missing && a?.refused === b?.refused;
