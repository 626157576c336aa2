import { asKept } from "./fake-slack-blocks.js";
import { encode, type HttpTarget, sendSigned } from "./fake-slack-http.js";
import {
  eventBody,
  homePressBody,
  messageEvent,
  newEnvelopeId,
  pressBody,
  reactionEvent,
  slashBody,
} from "./fake-slack-payloads.js";
import type { FakeResponses } from "./fake-slack-responses.js";
import type { Acknowledged, FakeSockets } from "./fake-slack-socket.js";
import {
  BOT_USER,
  type FakeEphemeral,
  type FakeHome,
  type FakeMessage,
  type FakeWorkspace,
} from "./fake-slack-workspace.js";

/** Delivers a body; with the response of who acknowledged it, false when nobody ever did. */
export type Deliver = (kind: DeliveryKind, body: Record<string, unknown>) => Promise<Acknowledged | false>;

export type DeliveryKind = "events_api" | "slash_commands" | "interactive";

interface Said {
  readonly channel?: string;
  readonly user?: string;
  readonly thread?: string;
  /** Comes as `app_mention` and as `message`, with two event ids. */
  readonly deliverTwice?: boolean;
  /** Further fields of the event, as files. */
  readonly more?: Record<string, unknown>;
}

/** What people do in the workspace; each resolves when it is acknowledged, or was repeated in vain. */
export interface FakeDeliveries {
  /** Says it to the bot in a channel; resolves with the message's ts. */
  mention(text: string, where?: Said): Promise<string>;
  /** The same without waiting for an acknowledgement. */
  mentionSoon(text: string, where?: Said): { readonly ts: string; readonly acknowledged: Promise<boolean> };
  dm(text: string, where?: Said): Promise<string>;
  /** Says something that names nobody. */
  say(text: string, where?: Said): Promise<string>;
  /** Runs "/models status" as typed; resolves with the id of its response_url. */
  slash(line: string, where?: Pick<Said, "channel" | "user">): Promise<string>;
  /** Presses the control with this label, or picks this option of a menu. */
  press(on: FakeMessage | FakeEphemeral | FakeHome, label: string, user?: string): Promise<void>;
  react(message: FakeMessage, name: string, user?: string): Promise<void>;
  deliver: Deliver;
  /** Deliveries that were acknowledged too late or never. */
  readonly unacknowledged: string[];
}

export interface DeliveryDeps {
  readonly now: () => number;
  readonly events: readonly string[];
  readonly http?: HttpTarget;
  readonly retryPausesMs?: readonly number[];
  readonly workspace: FakeWorkspace;
  readonly sockets: FakeSockets;
  readonly responses: FakeResponses;
  readonly origin: string;
}

/** Slack waits so long for an acknowledgement. */
const ACKNOWLEDGE_MS = 3_000;

export function createDeliveries(deps: DeliveryDeps): FakeDeliveries {
  const { now, events, http, retryPausesMs = [0, 50, 200], workspace, sockets, responses, origin } = deps;
  const unacknowledged: string[] = [];

  const sendOnce = async (
    kind: DeliveryKind,
    body: Record<string, unknown>,
    attempt: number,
  ): Promise<Acknowledged> => {
    if (http === undefined) {
      const retry = attempt === 0 ? {} : { retry_attempt: attempt, retry_reason: "timeout" };
      const envelope = {
        envelope_id: newEnvelopeId(),
        type: kind,
        payload: body,
        accepts_response_payload: kind !== "events_api",
        ...retry,
      };
      return sockets.send(envelope, ACKNOWLEDGE_MS);
    }
    try {
      const headers: Record<string, string> =
        attempt === 0 ? {} : { "x-slack-retry-num": String(attempt), "x-slack-retry-reason": "http_timeout" };
      const sent = { ...encode(kind, body), now: now(), timeoutMs: ACKNOWLEDGE_MS, headers };
      const response = await sendSigned(http, sent);
      return response.status === 200 ? { payload: await response.text() } : undefined;
    } catch {
      return undefined; // refused or too late: repeated below
    }
  };
  const deliver: Deliver = async (kind, body) => {
    const pauses = kind === "events_api" ? retryPausesMs : [];
    for (let attempt = 0; attempt <= pauses.length; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, pauses[attempt - 1]));
      const acknowledged = await sendOnce(kind, body, attempt);
      if (acknowledged !== undefined) return acknowledged;
    }
    unacknowledged.push(JSON.stringify(body).slice(0, 300));
    return false;
  };
  const sendEvent = async (name: string, event: Record<string, unknown>) => {
    if (!events.includes(name)) return true; // the app has not subscribed to it
    return deliver("events_api", eventBody(event, Math.floor(now() / 1_000)));
  };
  const write = (text: string, { channel = "C0GENERAL", user = "U0ADA", thread, more }: Said) => {
    const { ts } = workspace.add({ channel, thread, user, text, blocks: [], more });
    return { channel, user, text, ts, thread, more };
  };
  const mentionSoon = (text: string, where: Said = {}) => {
    const facts = write(`<@${BOT_USER}> ${text}`, where);
    const all = [sendEvent("app_mention", messageEvent("app_mention", facts))];
    if (where.deliverTwice)
      all.push(deliver("events_api", eventBody(messageEvent("message", facts), Math.floor(now() / 1_000))));
    else all.push(sendEvent(messagesIn(facts.channel), messageEvent("message", facts)));
    return { ts: facts.ts, acknowledged: Promise.all(all).then((done) => done.every(Boolean)) };
  };
  const responseUrl = (id: string) => `${origin}/response/${id}`;
  const nameOf = (user: string) => workspace.users.get(user)?.name ?? user;

  return {
    unacknowledged,
    deliver,
    mentionSoon,
    async mention(text, where) {
      const { ts, acknowledged } = mentionSoon(text, where);
      await acknowledged;
      return ts;
    },
    async dm(text, where = {}) {
      const facts = write(text, { channel: "D0ADA", ...where });
      await sendEvent("message.im", messageEvent("message", facts));
      return facts.ts;
    },
    async say(text, where = {}) {
      const facts = write(text, where);
      await sendEvent(messagesIn(facts.channel), messageEvent("message", facts));
      return facts.ts;
    },
    async slash(line, { channel = "C0GENERAL", user = "U0ADA" } = {}) {
      const [command = "", ...words] = line.split(" ");
      const id = responses.issue({ channel, thread: undefined, user });
      const facts = {
        command,
        text: words.join(" "),
        channel,
        user,
        userName: nameOf(user),
        responseUrl: responseUrl(id),
      };
      await deliver("slash_commands", slashBody(facts));
      return id;
    },
    async press(on, label, user = "U0ADA") {
      const action = actionOf(on, label);
      if ("memo" in on) {
        const body = homePressBody({ user: on.user, userName: nameOf(on.user), memo: on.memo, action });
        await deliver("interactive", body);
        return;
      }
      const isEphemeral = !("ts" in on);
      const { channel, thread } = on;
      // A reply to a press on a panel takes the panel's place, so it is the panel's own address.
      const id =
        isEphemeral && on.responseUrl !== undefined ? on.responseUrl : responses.issue({ channel, thread, user });
      const ts = isEphemeral ? workspace.nextTs() : on.ts;
      await deliver(
        "interactive",
        pressBody({
          channel,
          thread,
          user,
          userName: nameOf(user),
          ts,
          isEphemeral,
          responseUrl: responseUrl(id),
          action,
          message: isEphemeral ? undefined : { type: "message", ts, text: on.text, blocks: asKept(on.blocks) },
        }),
      );
    },
    async react(message, name, user = "U0ADA") {
      const who = message.reactions.get(name) ?? new Set();
      message.reactions.set(name, who.add(user));
      const { channel, ts, user: itemUser } = message;
      await sendEvent("reaction_added", reactionEvent({ user, name, channel, ts, itemUser }));
    },
  };
}

const messagesIn = (channel: string) => (channel.startsWith("G") ? "message.mpim" : "message.channels");

function actionOf({ blocks }: Pick<FakeMessage, "blocks">, label: string): Record<string, unknown> {
  for (const block of blocks) {
    if (block.type === "context_actions") {
      for (const { type, action_id, positive_button, negative_button } of block.elements) {
        const pressed = [positive_button, negative_button].find(({ text }) => text.text === label);
        if (pressed !== undefined) return { type, action_id, value: pressed.value, text: pressed.text };
      }
    }
    if (block.type !== "actions") continue;
    for (const element of block.elements) {
      const { type, action_id } = element;
      if (element.type === "button") {
        if (element.text.text === label) return { type, action_id, value: element.value, text: element.text };
        continue;
      }
      if (element.type === "external_select") {
        // What was suggested and chosen, as "Choose a model: demo/one".
        const [placeholder, value] = label.split(": ");
        if (element.placeholder?.text !== placeholder || value === undefined) continue;
        return { type, action_id, selected_option: { text: { type: "plain_text", text: value }, value } };
      }
      const option = element.options.find(({ text }) => text.text === label);
      if (option !== undefined) return { type, action_id, selected_option: option };
    }
  }
  throw new Error(`there is no control "${label}"`);
}
