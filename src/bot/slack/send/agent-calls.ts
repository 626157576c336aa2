import type { types, webApi } from "@slack/bolt";
import { BoundedMap } from "../../../base/bounded-map.js";
import { cutText } from "../../../base/text.js";
import type { RateScheduler } from "../../delivery/rate-scheduler.js";
import type { ChannelKey, MessageKey } from "../../port/platform.js";
import type { Prompt } from "../wire/app-features.js";
import type { Caller, OptionalFeatures } from "./caller.js";

/** Calls for what the agent container shows besides messages. Each does nothing where the workspace lacks it. */
export interface AgentCalls {
  /** Shows that the bot works on a question in a thread; resolves with how it does, undefined where it can't. */
  begin(
    place: ThreadKey,
    session: { readonly title: string | undefined; readonly user: string },
  ): Promise<AgentWay | undefined>;
  /** Shows that the work is over. */
  end(place: ThreadKey, way: AgentWay): Promise<void>;
  /** Sets the title of a thread of the older container. */
  setTitle(place: ThreadKey, title: string): Promise<void>;
  suggest(channel: string, thread: string | undefined, prompts: readonly Prompt[]): Promise<void>;
  /** Shows the Home tab to one person. */
  publish(user: string, blocks: readonly types.KnownBlock[], memo: string): Promise<void>;
}

export type ThreadKey = ChannelKey & { readonly thread: string };

/** How work is shown: by an agent's session, or by the status line of the older assistant. */
export type AgentWay = "session" | "assistant";

export interface AgentCallsDeps {
  readonly client: webApi.WebClient;
  readonly caller: Caller;
  readonly optional: OptionalFeatures;
  readonly buckets: RateScheduler;
}

const SESSION = "agents.sessions.setStatus";
const ASSISTANT = "assistant.threads.setStatus";
const THINKING = "is thinking…";

export function createAgentCalls({ client, caller, optional, buckets }: AgentCallsDeps): AgentCalls {
  /** Makes a call that isn't worth waiting for: not where its rate limit is used up. */
  const spare = async <T>(method: string, work: () => Promise<T>): Promise<T | undefined> => {
    if (!optional.has(method) || !buckets.tryTake(method)) return undefined;
    return optional.run(method, () => caller.now(method, "", work));
  };
  const beginSession = ({ channel, thread }: ThreadKey, more: { title?: string; initiator_user_id: string }) =>
    spare(SESSION, () =>
      client.agents.sessions.setStatus({ channel_id: channel, thread_ts: thread, status: "processing", ...more }),
    );
  const beginAssistant = ({ channel, thread }: ThreadKey) =>
    spare(ASSISTANT, () =>
      client.assistant.threads.setStatus({ channel_id: channel, thread_ts: thread, status: THINKING }),
    );

  const setEnd = ({ channel, thread }: ThreadKey, way: AgentWay): Promise<unknown> => {
    const at = { channel_id: channel, thread_ts: thread };
    if (way === "session") return client.agents.sessions.setStatus({ ...at, status: "active" });
    return client.assistant.threads.setStatus({ ...at, status: "" });
  };

  return {
    async begin(place, { title, user }) {
      const more = { ...(title !== undefined && { title }), initiator_user_id: user };
      if ((await beginSession(place, more)) !== undefined) return "session";
      if (optional.has(SESSION)) return undefined;
      return (await beginAssistant(place)) === undefined ? undefined : "assistant";
    },
    async end(place, way) {
      // Worth waiting for: Slack would show the bot as working for an hour.
      const method = way === "session" ? SESSION : ASSISTANT;
      await optional.run(method, async () => {
        await buckets.take(method, "mark");
        await caller.now(method, "", () => setEnd(place, way));
      });
    },
    async setTitle({ channel, thread }, title) {
      const given = { channel_id: channel, thread_ts: thread, title };
      await spare("assistant.threads.setTitle", () => client.assistant.threads.setTitle(given));
    },
    async suggest(channel, thread, prompts) {
      const given = { channel_id: channel, prompts: [...prompts], ...(thread !== undefined && { thread_ts: thread }) };
      await spare("assistant.threads.setSuggestedPrompts", () => client.assistant.threads.setSuggestedPrompts(given));
    },
    async publish(user, blocks, memo) {
      const view = { type: "home" as const, blocks: [...blocks], private_metadata: memo };
      await optional.run("views.publish", async () => {
        await buckets.take("views.publish", "board");
        await caller.now("views.publish", "", () => client.views.publish({ user_id: user, view }));
      });
    },
  };
}

/** Titles of questions, kept from their arrival until they are answered. */
export interface QuestionTitles {
  set(message: MessageKey, text: string): void;
  of(message: MessageKey): string | undefined;
}

/** Slack takes 200 characters as a session's title; a list reads better with fewer. */
const MAX_TITLE_CHARS = 80;
const MAX_TITLES = 500;

export function createQuestionTitles(): QuestionTitles {
  const titles = new BoundedMap<string, string>(MAX_TITLES);
  const keyOf = ({ channel, message }: MessageKey) => `${channel}:${message}`;
  return {
    set(message, text) {
      const [line = ""] = text.trim().split("\n");
      if (line !== "") titles.set(keyOf(message), cutText(line, MAX_TITLE_CHARS));
    },
    of: (message) => titles.get(keyOf(message)),
  };
}
