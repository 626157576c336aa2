import { suggestedOptions } from "./fake-slack-blocks.js";
import type { Deliver } from "./fake-slack-deliveries.js";
import { eventBody, interactionBody, newId } from "./fake-slack-payloads.js";
import type { FakeResponses } from "./fake-slack-responses.js";
import {
  type FakeEphemeral,
  type FakeHome,
  type FakeMessage,
  type FakeWorkspace,
  readOf,
} from "./fake-slack-workspace.js";

/** What people do outside of messages. */
export interface FakeSurfaces {
  /** Opens the app's Home or Messages tab. */
  openApp(user: string, tab: "home" | "messages"): Promise<void>;
  /** Chooses a shortcut from the menu of a message; resolves with the id of its response_url. */
  shortcut(callbackId: string, on: { readonly channel: string; readonly ts: string }, user?: string): Promise<string>;
  /** Types into a select with this placeholder; the labels of what it offers. */
  suggest(
    on: FakeMessage | FakeEphemeral,
    placeholder: string,
    typed: string,
    user?: string,
  ): Promise<readonly string[]>;
  /** Slack's own stop button: ends the streams of the thread and tells the app. */
  stopSession(channel: string, thread: string, user: string): Promise<void>;
  /** What somebody's Home tab shows. */
  homeOf(user: string): string | undefined;
}

export interface SurfaceDeps {
  readonly now: () => number;
  readonly events: readonly string[];
  readonly workspace: FakeWorkspace;
  readonly responses: FakeResponses;
  readonly origin: string;
  deliver: Deliver;
}

export function createSurfaces({ now, events, workspace, responses, origin, deliver }: SurfaceDeps): FakeSurfaces {
  const sendEvent = async (event: Record<string, unknown> & { readonly type: string }) => {
    if (events.includes(event.type)) await deliver("events_api", eventBody(event, Math.floor(now() / 1_000)));
  };
  const nameOf = (user: string) => workspace.users.get(user)?.name ?? user;

  return {
    homeOf(user) {
      const home: FakeHome | undefined = workspace.homes.get(user);
      return home === undefined ? undefined : readOf({ text: "", blocks: home.blocks });
    },
    openApp: (user, tab) =>
      sendEvent({ type: "app_home_opened", user, channel: `D${user.slice(1)}`, tab, event_ts: workspace.nextTs() }),
    async shortcut(callbackId, { channel, ts }, user = "U0ADA") {
      const message = workspace.find(channel, ts);
      if (message === undefined) throw new Error("there is no such message");
      const id = responses.issue({ channel, thread: message.thread, user });
      await deliver("interactive", {
        ...interactionBody("message_action", { id: user, name: nameOf(user) }),
        callback_id: callbackId,
        trigger_id: newId("trigger."),
        response_url: `${origin}/response/${id}`,
        channel: { id: channel, name: "general" },
        message_ts: ts,
        message: {
          type: "message",
          user: message.user,
          ts,
          text: message.text,
          ...(message.thread !== undefined && { thread_ts: message.thread }),
        },
      });
      return id;
    },
    async suggest(on, placeholder, typed, user = "U0ADA") {
      const select = on.blocks
        .flatMap((block) => (block.type === "actions" ? block.elements : []))
        .find((one) => one.type === "external_select" && one.placeholder?.text === placeholder);
      if (select === undefined) throw new Error(`there is no select "${placeholder}"`);
      const body = {
        ...interactionBody("block_suggestion", { id: user, name: nameOf(user) }),
        action_id: select.action_id,
        block_id: "b1",
        value: typed,
        channel: { id: on.channel, name: "general" },
      };
      const answered = await deliver("interactive", body);
      const payload = typeof answered === "object" ? answered.payload : undefined;
      const given = suggestedOptions.parse(typeof payload === "string" ? JSON.parse(payload) : payload);
      return given.options.map(({ text }) => text.text);
    },
    async stopSession(channel, thread, user) {
      const streaming = workspace.messages.filter((one) => one.thread === thread && one.streamingSince !== undefined);
      for (const message of streaming) message.streamingSince = undefined;
      await sendEvent({
        type: "agent_session_stopped",
        channel,
        thread_ts: thread,
        user,
        streaming_message_ts: streaming.map(({ ts }) => ts),
        event_ts: workspace.nextTs(),
      });
    },
  };
}
