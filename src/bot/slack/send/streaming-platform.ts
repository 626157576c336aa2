import type { types } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Control, Reply } from "../../../commands/command.js";
import { conversationOf } from "../../port/conversation.js";
import type { ChannelKey, ChatPlatform, MessageKey, Rank } from "../../port/platform.js";
import { isLost, PlatformError } from "../../port/platform-error.js";
import { slackErrorOf } from "../wire/errors.js";
import { escapeMarkdown } from "../wire/notation.js";
import type { ThreadKey } from "./agent-calls.js";
import type { OptionalFeatures } from "./optional-features.js";
import type { PostReconciliation } from "./post-reconciliation.js";
import { APPEND, START, STOP, type StreamCalls } from "./stream-calls.js";
import {
  isStreamable,
  nextStreamState,
  type StreamEvent,
  type StreamFailure,
  type StreamState,
  type StreamStep,
  streamedIn,
} from "./stream-state.js";
import type { TokenBuckets } from "./token-buckets.js";

export interface StreamingDeps {
  readonly platform: ChatPlatform;
  readonly streams: StreamCalls;
  readonly buckets: TokenBuckets;
  readonly optional: OptionalFeatures;
  readonly clock: Clock;
  readonly log: Log;
  readonly reconciliation: PostReconciliation;
  readonly open: OpenStreams;
  /** Adds the host's prefix to the commands in an answer. */
  worded(markdown: string): string;
  controlBlocks(controls: readonly Control[]): Promise<readonly types.KnownBlock[]>;
}

/** A platform for one answer: its posts and edits go through Slack's streaming while that works, and are ordinary ones after. */
export interface Streaming {
  readonly platform: ChatPlatform;
  /** How long Slack has streamed the message that grows, in ms; undefined when none does. */
  ageMs(): number | undefined;
  /** Ends what still grows; its text is whole. Resolves with whether Slack's streaming ended the answer. Never rejects. */
  settle(): Promise<boolean>;
}

type StreamCall = Exclude<StreamStep, { readonly do: "nothing" | "throw" }>;

/** Carries out what the state of one answer asks for. */
function createDriver({ platform, streams, buckets, log, open, controlBlocks }: StreamingDeps, question: MessageKey) {
  const me = {};
  let state: StreamState = { phase: "idle" };
  /** The call of the stream that a rate limit was waited for already. */
  let paid: string | undefined;
  /** The controls that the answer keeps when it is over. */
  let owed: readonly Control[] = [];

  const take = (method: string, rank: Rank, signal?: AbortSignal) =>
    buckets.take(method, rank, signal, conversationOf(question));
  const apply = (event: StreamEvent): StreamStep => {
    const [next, step] = nextStreamState(state, event);
    state = next;
    if (streamedIn(state) === undefined) open.delete(me);
    else open.add(me);
    return step;
  };
  const perform = async (step: StreamCall, message: MessageKey, reply: Reply) => {
    if (step.do === "edit") return platform.edit(message, reply);
    const method = step.do === "append" ? APPEND : STOP;
    if (paid !== method) await take(method, "last-text");
    paid = undefined;
    if (step.do === "append") return streams.append(message, step.rest);
    const blocks = step.withControls ? await controlBlocks(owed) : [];
    await streams.stop(message, { text: step.rest, blocks });
  };
  return {
    state: () => state,
    apply,
    async prepay(method: string, rank: Rank, signal?: AbortSignal) {
      paid = undefined;
      await take(method, rank, signal);
      paid = method;
    },
    /** Takes the call where it needs no waiting. */
    tryPrepay(method: string) {
      paid = buckets.tryTake(method) ? method : undefined;
      return paid !== undefined;
    },
    /** Makes the calls that follow an event. @throws what a call threw, where that is the caller's to handle */
    async drive(event: StreamEvent, message: MessageKey, reply: Reply, controls: readonly Control[] = []) {
      owed = controls;
      let failure: unknown;
      for (let step = apply(event); step.do !== "nothing"; ) {
        if (step.do === "throw") throw failure;
        try {
          await perform(step, message, reply);
          step = apply({ is: "done" });
        } catch (error) {
          log.debug({ error, phase: state.phase }, "slack: streaming call failed");
          failure = error;
          step = apply({ is: "failed", why: failureOf(error) });
        }
      }
    },
    owed: () => owed,
  };
}

export function createStreaming(deps: StreamingDeps, question: MessageKey, asker: string): Streaming {
  const { platform, buckets, optional, reconciliation, clock, open } = deps;
  const driver = createDriver(deps, question);
  let isStartPaid = false;
  let isLast = false;
  let appendsFirst = false;

  /** Only where each of the other streams keeps a call for its end. */
  const mayStart = () =>
    question.thread !== undefined && optional.has(START) && buckets.left(STOP) > open.count() && buckets.tryTake(START);
  /** Resolves with the message, or undefined where Slack doesn't stream it. */
  const start = async (text: string): Promise<MessageKey | undefined> => {
    if (!isStreamable(text)) return undefined;
    const began = (is: "started" | "found", ts: string): MessageKey => {
      const key = { ...question, message: ts };
      driver.apply({ is, key, text, at: clock.now() });
      return key;
    };
    try {
      const ts = await deps.streams.start(question as ThreadKey, escapeMarkdown(text), asker);
      reconciliation.note(ts);
      return began("started", ts);
    } catch (error) {
      optional.note(START, error);
      const ts = await reconciliation.find(error, question, text);
      return ts === undefined ? undefined : began("found", ts);
    }
  };
  const settle = async (controls: readonly Control[]) => {
    const streamed = streamedIn(driver.state());
    if (streamed !== undefined)
      await driver.drive({ is: "settle" }, streamed.key, { markdown: streamed.sent }, controls);
    return driver.state().phase === "ended";
  };
  const slot = async (channel: ChannelKey, rank: Rank, signal?: AbortSignal, call?: "post" | "edit") => {
    const state = driver.state();
    isLast = rank === "last-text";
    appendsFirst = false;
    isStartPaid = call === "post" && rank === "first-text" && mayStart();
    if (isStartPaid) return;
    if (call !== "edit" || state.phase !== "growing") return platform.slot(channel, rank, signal, call);
    const isStopClosed = buckets.left(STOP) < 1 || state.streamed.limitedEnds > 0;
    appendsFirst = isLast && isStopClosed && driver.tryPrepay(APPEND);
    if (!appendsFirst) await driver.prepay(isLast ? STOP : APPEND, rank, signal);
  };

  return {
    ageMs() {
      const streamed = streamedIn(driver.state());
      return streamed === undefined ? undefined : clock.now() - streamed.startedAt;
    },
    settle: () => settle(driver.owed()),
    platform: {
      ...platform,
      slot,
      async post(channel, reply, replyTo) {
        // The part before is whole; only Slack does not know yet that it is over.
        await settle([]);
        const key = isStartPaid ? await start(deps.worded(reply.markdown)) : undefined;
        if (key !== undefined) return key;
        driver.apply({ is: "posted" });
        if (isStartPaid) await platform.slot(channel, "first-text", undefined, "post");
        return platform.post(channel, reply, replyTo);
      },
      async edit(message, reply) {
        const state = driver.state();
        const isStreamed = "streamed" in state && state.streamed?.key.message === message.message;
        if (!isStreamed) return platform.edit(message, reply);
        const text = deps.worded(reply.markdown);
        const controls = isLast ? (reply.controls ?? []) : [];
        await driver.drive({ is: "wanted", text, isLast, appendsFirst, at: clock.now() }, message, reply, controls);
      },
    },
  };
}

function failureOf(error: unknown): StreamFailure {
  if (isLost(error)) return "lost";
  if (error instanceof PlatformError && error.reason === "rate-limited") return "limited";
  const code = slackErrorOf(error);
  if (code === "streaming_state_conflict") return "conflict";
  if (code === "message_not_in_streaming_state") return "over";
  return error instanceof PlatformError && error.reason === "unavailable" ? "unavailable" : "refused";
}

/** The answers that Slack streams at this moment: each needs a call to end. */
export interface OpenStreams {
  add(stream: object): void;
  delete(stream: object): void;
  count(): number;
}

/** Slack ends a stream by itself after about five minutes: one that nobody ended counts no longer than this. */
const STREAM_LIFE_MS = 300_000;

export function createOpenStreams(clock: Clock): OpenStreams {
  const since = new Map<object, number>();
  return {
    add(stream) {
      if (!since.has(stream)) since.set(stream, clock.now());
    },
    delete: (stream) => void since.delete(stream),
    count() {
      for (const [stream, at] of since) {
        if (clock.now() - at < STREAM_LIFE_MS) break; // oldest first
        since.delete(stream);
      }
      return since.size;
    },
  };
}
