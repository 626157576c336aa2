import type { types } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Control, Reply } from "../../../commands/command.js";
import type { RateScheduler } from "../../delivery/rate-scheduler.js";
import { conversationOf } from "../../port/conversation.js";
import { type ChatPlatform, currentReply, type MessageKey, type SendTerms } from "../../port/platform.js";
import { isLost, PlatformError } from "../../port/platform-error.js";
import { slackErrorOf } from "../wire/errors.js";
import { escapeMarkdown } from "../wire/notation.js";
import type { ThreadKey } from "./agent-calls.js";
import type { Caller, OptionalFeatures } from "./caller.js";
import type { PostReconciliation } from "./post-reconciliation.js";
import { APPEND, START, STOP, type StreamCalls, UPDATE } from "./stream-calls.js";
import {
  isStreamable,
  nextStreamState,
  type StreamEvent,
  type StreamFailure,
  type StreamState,
  type StreamStep,
  streamedIn,
} from "./stream-state.js";

export interface StreamingDeps {
  readonly platform: ChatPlatform;
  readonly streams: StreamCalls;
  readonly buckets: RateScheduler;
  readonly caller: Pick<Caller, "wait">;
  readonly optional: OptionalFeatures;
  readonly clock: Clock;
  readonly log: Log;
  readonly reconciliation: PostReconciliation;
  /** Adds the host's prefix to the commands in an answer. */
  worded(markdown: string): string;
  controlBlocks(controls: readonly Control[]): Promise<readonly types.KnownBlock[]>;
}

/** A platform for one answer: its posts and edits go through Slack's streaming while that works. */
export interface Streaming {
  readonly platform: ChatPlatform;
  /** How long Slack has streamed the message that grows, in ms; undefined when none does. */
  ageMs(): number | undefined;
  /** Ends a stream whose text is whole. Resolves with whether Slack's streaming ended the answer. Never rejects. */
  settle(): Promise<boolean>;
}

type StreamCall = Exclude<StreamStep, { readonly do: "nothing" | "throw" }>;

/** Keeps the state of one answer's message and makes the calls that it asks for. */
function createDriver(deps: StreamingDeps, question: MessageKey) {
  const { platform, streams, buckets, caller, log } = deps;
  let state: StreamState = { phase: "idle" };
  /** The streaming call whose rate limit was waited for already. */
  let paid: string | undefined;
  /** The controls that the answer keeps when it is over. */
  let owed: readonly Control[] = [];

  const apply = (event: StreamEvent): StreamStep => {
    const [next, step] = nextStreamState(state, event);
    state = next;
    return step;
  };
  const perform = async (step: StreamCall, message: MessageKey, reply: Reply, terms: SendTerms) => {
    if (step.do === "edit") return platform.edit(message, reply, terms);
    const method = step.do === "append" ? APPEND : STOP;
    if (paid !== method) await caller.wait(method, question, { rank: "last-text" });
    paid = undefined;
    if (step.do === "append") return streams.append(message, step.rest);
    const blocks = step.withControls ? await deps.controlBlocks(owed) : [];
    await streams.stop(message, { text: step.rest, blocks });
  };
  return {
    state: () => state,
    apply,
    /**
     * Waits for the call by which a growing message gets its next text. Resolves with true when Slack takes no end of a
     * stream for now: then the last text is appended first. @throws signal.reason when aborted
     */
    async wait({ limitedEnds }: { readonly limitedEnds: number }, terms: SendTerms): Promise<boolean> {
      const isLast = terms.rank === "last-text";
      const appendsFirst = isLast && (buckets.left(STOP) < 1 || limitedEnds > 0) && buckets.tryTake(APPEND);
      const method = isLast && !appendsFirst ? STOP : APPEND;
      if (!appendsFirst) await caller.wait(method, question, terms);
      paid = method;
      return appendsFirst;
    },
    /** Makes the calls that follow an event. @throws what a call threw, where that is the caller's to handle */
    async drive(event: StreamEvent, message: MessageKey, reply: Reply, terms: SendTerms = {}) {
      if (event.is === "wanted") owed = event.isLast ? (reply.controls ?? []) : [];
      let failure: unknown;
      for (let step = apply(event); step.do !== "nothing"; ) {
        if (step.do === "throw") throw failure;
        try {
          await perform(step, message, reply, terms);
          step = apply({ is: "done" });
        } catch (error) {
          log.debug({ error, phase: state.phase }, "slack: streaming call failed");
          failure = error;
          step = apply({ is: "failed", why: failureOf(error) });
        }
      }
    },
  };
}

/**
 * While no edits are left, nothing could be added to a first text for seconds: an answer that ends so soon is posted
 * whole, which saves its last edit.
 */
const NEAR_END_MS = 500;

const waitForNearEnd = async ({ buckets, clock }: StreamingDeps, { rank, signal }: SendTerms) => {
  if (rank === "first-text" && buckets.left(UPDATE) < 1) await clock.sleep(NEAR_END_MS, signal);
};

export function createStreaming(deps: StreamingDeps, question: MessageKey, asker: string): Streaming {
  const { platform, buckets, optional, reconciliation, clock } = deps;
  const driver = createDriver(deps, question);

  /** Slack allows as many calls that end streams as calls that start them, so that these are all that is counted. */
  const mayStart = () => question.thread !== undefined && optional.has(START) && buckets.tryTake(START, "first-text");
  /** Resolves with the message, or undefined where Slack doesn't stream it. */
  const start = async (text: string): Promise<MessageKey | undefined> => {
    if (!isStreamable(text)) return undefined;
    const begin = (is: "started" | "found", ts: string): MessageKey => {
      const key = { ...question, message: ts };
      driver.apply({ is, key, text, at: clock.now() });
      return key;
    };
    try {
      const ts = await deps.streams.start(question as ThreadKey, escapeMarkdown(text), asker);
      reconciliation.note(ts);
      return begin("started", ts);
    } catch (error) {
      optional.note(START, error);
      const ts = await reconciliation.find(error, question, text);
      return ts === undefined ? undefined : begin("found", ts);
    }
  };
  const settle = async () => {
    const streamed = streamedIn(driver.state());
    if (streamed !== undefined) await driver.drive({ is: "settle" }, streamed.key, { markdown: streamed.sent });
    return driver.state().phase === "ended";
  };
  return {
    ageMs() {
      const streamed = streamedIn(driver.state());
      return streamed === undefined ? undefined : clock.now() - streamed.startedAt;
    },
    settle,
    platform: {
      ...platform,
      async post(channel, reply, terms = {}) {
        await settle(); // the part before is whole
        const isNative = terms.rank === "first-text" && mayStart();
        const key = isNative ? await start(deps.worded(currentReply(reply).markdown)) : undefined;
        if (terms.rank === "first-text") buckets.setGrowing(key ? APPEND : UPDATE, conversationOf(question), true);
        if (key !== undefined) return key;
        driver.apply({ is: "posted" });
        await waitForNearEnd(deps, terms);
        return platform.post(channel, reply, terms);
      },
      async edit(message, reply, terms = {}) {
        const state = driver.state();
        const streamed = "streamed" in state ? state.streamed : undefined;
        if (streamed?.key.message !== message.message) return platform.edit(message, reply, terms);
        const appendsFirst = state.phase === "growing" && (await driver.wait(state.streamed, terms));
        const current = currentReply(reply);
        if (current === undefined) return;
        const wanted = { text: deps.worded(current.markdown), isLast: terms.rank === "last-text", appendsFirst };
        await driver.drive({ is: "wanted", ...wanted, at: clock.now() }, message, current, terms);
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
