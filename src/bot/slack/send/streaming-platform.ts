import type { types } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { showTimes } from "../../../base/time.js";
import type { Control, Reply } from "../../../commands/command.js";
import { type ChatPlatform, currentReply, type MessageKey, type SendTerms } from "../../port/platform.js";
import { isLost, PlatformError } from "../../port/platform-error.js";
import { slackErrorOf } from "../wire/errors.js";
import { escapeMarkdown } from "../wire/escape.js";
import type { ThreadKey } from "./agent-calls.js";
import type { Caller } from "./caller.js";
import type { Extras } from "./extras.js";
import type { LostPosts } from "./lost-posts.js";
import type { OpenStreams } from "./open-streams.js";
import { MAX_MARKDOWN_CHARS } from "./render.js";
import { APPEND, START, STOP, type StreamCalls } from "./stream-calls.js";
import type { TokenBuckets } from "./token-buckets.js";

export interface StreamingDeps {
  readonly platform: ChatPlatform;
  readonly streams: StreamCalls;
  readonly buckets: TokenBuckets;
  readonly caller: Pick<Caller, "wait">;
  readonly extras: Extras;
  readonly clock: Clock;
  readonly log: Log;
  readonly lostPosts: LostPosts;
  readonly open: OpenStreams;
  /** As an answer's text goes out, with the prefix on commands. */
  worded(markdown: string): string;
  controlBlocks(controls: readonly Control[]): Promise<readonly types.KnownBlock[]>;
}

/** A platform for one answer, whose posts and edits go through Slack's streaming while that lasts, and are ordinary ones from then on. */
export interface Streaming {
  readonly platform: ChatPlatform;
  /** How long the message that grows natively has done so, in ms; undefined where none does. */
  ageMs(): number | undefined;
  /** Ends what still grows; the text is all there. Resolves with whether Slack's streaming ended the answer. Never rejects. */
  settle(): Promise<boolean>;
}

interface Live {
  readonly key: MessageKey;
  readonly startedAt: number;
  /** What Slack has of it, as worded. */
  readonly sent: string;
  /** A call of it failed, so that nobody knows what Slack has of it. */
  readonly isBroken: boolean;
}

/** Slack ends a stream by itself after about five minutes; the rest of the answer is edited in. */
const LONGEST_MS = 235_000;
const STOP_TRIES = 3;
/** So often is an end tried that Slack limits, before the answer is taken for shown as it stands: whole, but without controls. */
const LIMITED_ENDS = 3;

export function createStreaming(deps: StreamingDeps, question: MessageKey, asker: string): Streaming {
  const { platform, streams, buckets, caller, extras, clock, log, open } = deps;
  const me = {};
  let live: Live | undefined;
  /** The call that this edit has waited for. */
  let paid: string | undefined;
  let isEnding = false;
  /** While Slack takes no end of a stream, its last text does not wait for that. */
  let isRestPaid = false;
  let endedNatively = false;
  let limitedEnds = 0;
  /** An addition got no answer, so that it may stand there or not. */
  let isUnsure = false;
  /** Slack took no end of it, and may have it growing still. */
  let unended: Live | undefined;
  /** What the answer bears when it is over, where its last edit was refused. */
  let owedControls: NonNullable<Reply["controls"]> = [];

  const pay = async (method: string) => {
    if (paid !== method) await caller.wait(method, question, { rank: "last-text" });
    paid = undefined;
  };
  const setLive = (next: Live | undefined) => {
    live = next;
    if (next === undefined) open.delete(me);
    else open.add(me);
  };
  /** Only where each of the others keeps a call for its end. */
  const mayStart = () =>
    question.thread !== undefined && extras.has(START) && buckets.left(STOP) > open.count() && buckets.tryTake(START);

  const start = async (reply: Reply): Promise<MessageKey | undefined> => {
    const text = deps.worded(reply.markdown);
    if (!isStreamable(text)) return undefined;
    try {
      const ts = await streams.start(question as ThreadKey, escapeMarkdown(text), asker);
      const key = { ...question, message: ts };
      deps.lostPosts.note(ts);
      setLive({ key, startedAt: clock.now(), sent: text, isBroken: false });
      return key;
    } catch (error) {
      extras.note(START, error);
      const ts = await deps.lostPosts.find(error, question, text);
      if (ts === undefined) return undefined;
      // It did begin, only nobody said so.
      const key = { ...question, message: ts };
      setLive({ key, startedAt: clock.now(), sent: text, isBroken: true });
      return key;
    }
  };
  const append = async (now: Live, text: string, rest: string) => {
    if (rest.trim() === "") return;
    if (!isRestPaid) await pay(APPEND);
    await streams.append(now.key, rest).catch((error) => {
      isUnsure = isUnsure || (error instanceof PlatformError && error.reason === "unavailable");
      throw error;
    });
    setLive({ ...now, sent: text });
  };
  const end = async (now: Live, rest: string, reply: Reply) => {
    await pay(STOP);
    const blocks = await deps.controlBlocks(reply.controls ?? []);
    // White space alone is no text to Slack, and nothing is lost where it would stand.
    await streams.stop(now.key, { text: rest.trim() === "" ? "" : rest, blocks });
    endedNatively = true;
    setLive(undefined);
  };
  /** True when Slack took it natively; false where it has to be edited in. */
  const grow = async (now: Live, reply: Reply): Promise<boolean> => {
    const text = deps.worded(reply.markdown);
    const isTooOld = clock.now() - now.startedAt >= LONGEST_MS;
    if (now.isBroken || isTooOld || !text.startsWith(now.sent) || !isStreamable(text)) return false;
    const rest = escapeMarkdown(text.slice(now.sent.length));
    try {
      if (!isEnding || isRestPaid) await append(now, text, rest);
      if (isEnding) await end(now, isRestPaid ? "" : rest, reply);
      return true;
    } catch (error) {
      if (isLost(error)) setLive(undefined);
      if (isEnding && isLimited(error) && ++limitedEnds >= LIMITED_ENDS && live?.sent === text) return true;
      if (isLost(error) || isLimited(error)) throw error;
      log.debug({ error }, "slack's streaming failed; the answer goes on by edits");
      return false;
    }
  };
  /** So that the message can be edited. @throws {PlatformError} when Slack limits it */
  const breakOff = async (known: Live) => {
    const now = live ?? known;
    setLive({ ...now, isBroken: true });
    await pay(STOP);
    await streams.stop(now.key).catch((error) => {
      if (isLimited(error)) throw error;
      log.debug({ error }, "a stream was not ended; an edit shows whether it is over");
      if (!isUnsure) unended = now;
    });
    setLive(undefined);
  };
  /** An edit that Slack refuses because the message still grows, tells what stands there: the rest is added instead. */
  const editOrResume = async (message: MessageKey, next: () => Reply | undefined, terms: SendTerms): Promise<void> => {
    let reply: Reply | undefined;
    try {
      return await platform.edit(
        message,
        () => {
          reply = next();
          return reply;
        },
        terms,
      );
    } catch (error) {
      const now = unended;
      if (reply === undefined) throw error;
      const text = deps.worded(reply.markdown);
      const isGrowing = now?.key.message === message.message && slackErrorOf(error) === "streaming_state_conflict";
      if (now === undefined || !isGrowing || !text.startsWith(now.sent) || !isStreamable(text)) throw error;
      unended = undefined;
      await append(now, text, escapeMarkdown(text.slice(now.sent.length)));
      setLive({ ...now, sent: text, isBroken: false });
      if (isEnding) owedControls = reply.controls ?? [];
    }
  };

  const begin = ({ rank }: SendTerms) => {
    isEnding = rank === "last-text";
    isRestPaid = false;
    paid = undefined;
  };
  /** Waits for the call that an edit of what grows natively will make. */
  const waitNatively = async ({ rank, signal }: SendTerms) => {
    const isStopClosed = buckets.left(STOP) < 1 || limitedEnds > 0;
    isRestPaid = isEnding && isStopClosed && buckets.tryTake(APPEND);
    if (isRestPaid) return;
    const method = isEnding ? STOP : APPEND;
    await caller.wait(method, question, { ...(rank && { rank }), ...(signal && { signal }) });
    paid = method;
  };
  const settle = async () => {
    const isOver = () => {
      endedNatively = true;
      setLive(undefined);
    };
    const blocks = await deps.controlBlocks(owedControls);
    owedControls = [];
    for (let attempt = 1; live !== undefined && attempt <= STOP_TRIES; attempt++) {
      await pay(STOP)
        .then(() => streams.stop(live?.key ?? question, { blocks }))
        .then(isOver)
        .catch((error) => {
          // Over already, or nowhere any more; else it ends by itself in the end.
          if (isLost(error) || slackErrorOf(error) === "message_not_in_streaming_state") isOver();
        });
    }
    setLive(undefined);
    return endedNatively;
  };

  return {
    ageMs: () => (live === undefined ? undefined : clock.now() - live.startedAt),
    settle,
    platform: {
      ...platform,
      async post(channel, reply, terms = {}) {
        begin(terms);
        const isNative = terms.rank === "first-text" && mayStart();
        // The part before is whole; only Slack does not know yet that it is over.
        if (live !== undefined) await settle();
        endedNatively = false;
        const key = isNative ? await start(currentReply(reply)) : undefined;
        return key ?? platform.post(channel, reply, terms);
      },
      async edit(message, reply, terms = {}) {
        const next = () => currentReply(reply);
        begin(terms);
        if (live === undefined || live.key.message !== message.message) return editOrResume(message, next, terms);
        if (!live.isBroken) await waitNatively(terms);
        const current = next();
        if (current === undefined || (await grow(live, current))) return;
        await breakOff(live);
        await editOrResume(message, next, terms);
      },
    },
  };
}

/** Streams have no token for times, and a limit for all of a message. */
const isStreamable = (text: string) =>
  text.trim() !== "" && showTimes(text, () => "") === text && escapeMarkdown(text).length <= MAX_MARKDOWN_CHARS;

const isLimited = (error: unknown) => error instanceof PlatformError && error.reason === "rate-limited";
