import { emojiOfName } from "../../src/bot/slack/wire/notation.js";
import { appOf } from "../bot/slack/slack-support.js";
import { startFakeDiscord } from "./fake-discord.js";
import type { FakeInteraction } from "./fake-discord-interactions.js";
import type { FakeMessage as DiscordMessage } from "./fake-discord-world.js";
import { APP_TOKEN, BOT_TOKEN, startFakeSlack } from "./fake-slack.js";
import { readOf, type FakeMessage as SlackMessage } from "./fake-slack-workspace.js";
import { type PlaygroundEvent, playgroundClient } from "./playground-client.js";

/** What somebody asked, and what can be seen and done below it. */
export interface Question {
  /** All that the bot wrote below the question, one message after the other, as its readers see it. */
  text(): Promise<string>;
  /** The bot's marks on the question, as emoji. */
  marks(): Promise<readonly string[]>;
  /** Labels of the buttons and of the menu entries under the last of those messages. */
  labels(): Promise<readonly string[]>;
  /** Presses one of them. */
  press(label: string): Promise<void>;
  /** Takes a control as it stands now, to be pressed when it may be gone: somebody's screen is never quite up to date. */
  hold(label: string): Promise<() => Promise<void>>;
  /** Presses a control that no message has. */
  forge(): Promise<void>;
}

/** A conversation of its own on one chat surface, as its only member sees it. */
export interface Place {
  /** The platform's id of its channel. */
  readonly channel: string;
  ask(text: string): Promise<Question>;
  /** Runs a command here, with some of its options. */
  run(path: string, ...options: readonly { readonly name: string; readonly value: string }[]): Promise<void>;
  /** What only its member saw there of replies to commands and presses, as it is by now, oldest first. */
  whispers(): Promise<readonly string[]>;
  /** The files that came with them. */
  files(): Promise<readonly { readonly name: string; readonly text: string }[]>;
  close(): Promise<void>;
}

export interface Surface {
  readonly name: string;
  open(): Promise<Place>;
}

export type ThreePlatforms = Awaited<ReturnType<typeof startThreePlatforms>>;

/** Discord, Slack and the playground's doors on loopback; `url` is where the bot's own HTTP is by then. */
export async function startThreePlatforms(now: () => number, url: () => string) {
  // It counts its gap between two sessions in real time, which a turned clock runs ahead of.
  const discord = await startFakeDiscord({ identifyGapMs: 0 });
  const slack = await startFakeSlack({ now, ...appOf(false) });
  const surfaces: readonly Surface[] = [discordSurface(discord), slackSurface(slack), playgroundSurface(url)];
  return {
    discord,
    slack,
    surfaces,
    /** What the bot has to be told to be on all three. */
    environment: {
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.url,
      SLACK_BOT_TOKEN: BOT_TOKEN,
      SLACK_APP_TOKEN: APP_TOKEN,
      SLACK_API_URL: slack.apiUrl,
      PLAYGROUND: "on",
      USER_MESSAGES_PER_10_MIN: "0",
      CHANNEL_MESSAGES_PER_10_MIN: "0",
    },
    async close() {
      await Promise.all([discord.close(), slack.close()]);
    },
  };
}

const UNKNOWN_ID = `cmd:${"0".repeat(32)}`;
const STOP = "⏹️ Stop";
let places = 0;

function discordSurface(discord: Awaited<ReturnType<typeof startFakeDiscord>>): Surface {
  const person = discord.person("ada", { isManager: true });
  return {
    name: "Discord",
    async open() {
      const channel = discord.addChannel(`place-${++places}`);
      const sent: FakeInteraction[] = [];
      /** In the channel, and in the threads that began there. */
      const below = (asked: DiscordMessage) =>
        [...discord.world.channels.values()]
          .filter(({ id, parentId }) => id === channel.id || parentId === channel.id)
          .flatMap((each) => discord.answers(each))
          .filter(({ replyTo }) => replyTo === asked.id);
      const placeOf = ({ channelId }: DiscordMessage) => discord.world.channels.get(channelId) ?? channel;
      const last = (asked: DiscordMessage) => {
        const found = below(asked).at(-1);
        if (found === undefined) throw new Error("nothing was answered");
        return found;
      };
      return {
        channel: channel.id,
        async ask(text) {
          const asked = discord.say(channel, person, text, { naming: true });
          return {
            text: async () =>
              below(asked)
                .map(({ content }) => content)
                .join(""),
            marks: async () => discord.marksOf(asked),
            labels: async () =>
              (below(asked).at(-1)?.components ?? []).flatMap((row) =>
                row.components.flatMap(({ label, options }) => options?.map((one) => one.label) ?? [label ?? ""]),
              ),
            async press(label) {
              const pressed = last(asked);
              sent.push(discord.press(placeOf(pressed), person, pressed, label));
            },
            async hold(label) {
              const asShown = { ...last(asked) };
              return async () => void sent.push(discord.press(channel, person, asShown, label));
            },
            forge: async () => void sent.push(discord.pressId(channel, person, last(asked), UNKNOWN_ID)),
          };
        },
        async run(path, ...options) {
          const given = options.map((option) => ({ type: 3, ...option }));
          sent.push(discord.slash(channel, person, path, given));
        },
        whispers: async () =>
          sent.flatMap(({ replies }) =>
            replies.filter(({ isEphemeral, content }) => isEphemeral && content !== "").map(({ content }) => content),
          ),
        files: async () =>
          sent.flatMap(({ replies }) =>
            replies.flatMap(({ files }) => files.map(({ filename, text }) => ({ name: filename, text }))),
          ),
        async close() {},
      };
    },
  };
}

function slackSurface(slack: Awaited<ReturnType<typeof startFakeSlack>>): Surface {
  return {
    name: "Slack",
    async open() {
      const channel = `C0PLACE${++places}`;
      slack.workspace.channels.set(channel, { isArchived: false, hasBot: true });
      /** Every question outside a thread begins one; the others go on in the first one's. */
      let thread: string | undefined;
      const asked: string[] = [];
      return {
        channel,
        async ask(text) {
          const before = thread;
          // Not awaited: what is acknowledged late is delivered again.
          const { ts } = slack.mentionSoon(text, { channel, ...(before !== undefined && { thread: before }) });
          thread ??= ts;
          asked.push(ts);
          /** In a thread nothing says which question an answer belongs to but its place. */
          const below = (): readonly SlackMessage[] => {
            const all = slack.workspace.messages.filter((one) => one.channel === channel);
            const from = all.findIndex((one) => one.ts === ts);
            const rest = all.slice(from + 1);
            const next = rest.findIndex((one) => asked.includes(one.ts));
            return (next < 0 ? rest : rest.slice(0, next)).filter(({ user }) => user === "U0BOT");
          };
          const last = () => {
            const found = below().at(-1);
            if (found === undefined) throw new Error("nothing was answered");
            return found;
          };
          /** Slack shows a button of its own while a message grows by its streaming. */
          const hasOwnStop = () =>
            below().at(-1)?.streamingSince !== undefined &&
            slack.workspace.sessions.get(`${channel}:${thread}`)?.status === "processing";
          return {
            text: async () => below().map(readOf).join(""),
            marks: async () => slack.marksOf(channel, ts).map((name) => emojiOfName(name) ?? name),
            async labels() {
              const select = selectUnder(below().at(-1));
              return [
                ...(hasOwnStop() ? [STOP] : []),
                ...elementsUnder(below().at(-1)).flatMap((element) =>
                  element.type === "button" ? [element.text.text] : [],
                ),
                ...(select === undefined ? [] : await slack.suggest(last(), select, "")),
              ];
            },
            async press(label) {
              if (label === STOP && hasOwnStop()) await slack.stopSession(channel, thread ?? ts, "U0ADA");
              else await slack.press(last(), isButton(last(), label) ? label : `${selectUnder(last())}: ${label}`);
            },
            async hold(label) {
              const asShown = { ...last() };
              if (label === STOP && hasOwnStop()) return () => slack.stopSession(channel, thread ?? ts, "U0ADA");
              return () => slack.press(asShown, label);
            },
            async forge() {
              const button = { type: "button", action_id: UNKNOWN_ID, value: UNKNOWN_ID } as const;
              const element = { ...button, text: { type: "plain_text", text: "Forged" } } as const;
              await slack.press({ ...last(), blocks: [{ type: "actions", elements: [element] }] }, "Forged");
            },
          };
        },
        async run(path, ...options) {
          const words = [path, ...options.map(({ value }) => value)].join(" ");
          if (thread === undefined) await slack.slash(`/${words}`, { channel });
          else slack.mentionSoon(`!${words}`, { channel, thread });
        },
        whispers: async () => slack.workspace.ephemerals.filter((one) => one.channel === channel).map(readOf),
        files: async () =>
          [...slack.workspace.files.values()].map(({ name, bytes }) => ({ name, text: bytes?.toString() ?? "" })),
        async close() {},
      };
    },
  };
}

function playgroundSurface(url: () => string): Surface {
  return {
    name: "the playground",
    async open() {
      const channel = `place-${++places}`;
      const client = () => playgroundClient(url(), channel);
      const stream = await client().listen("ada");
      const whispered = () => {
        const newest = new Map<string, PlaygroundEvent>();
        for (const event of stream.events) {
          if (event.type === "ephemeral" && event.id !== undefined) newest.set(event.id, event);
        }
        return [...newest.values()];
      };
      return {
        channel,
        async ask(text) {
          const id = await client().say(text);
          const below = async () => {
            const all = await client().messages();
            return all.filter((each) => (each as { replyTo?: string }).replyTo === id) as readonly Shown[];
          };
          const controls = async () => (await below()).at(-1)?.controls ?? [];
          const entries = async () =>
            (await controls()).flatMap(({ label, command, options }) => options ?? [{ label, command: command ?? "" }]);
          const hold = async (wanted: string) => {
            const found = (await entries()).find(({ label }) => label === wanted);
            if (found === undefined) throw new Error(`there is no control "${wanted}"`);
            return async () => void (await client().say(found.command, "ada"));
          };
          return {
            text: async () => (await below()).map((each) => each.text).join(""),
            marks: async () => (await client().messages()).find((each) => each.id === id)?.marks ?? [],
            labels: async () => (await entries()).map(({ label }) => label),
            hold,
            press: async (label) => (await hold(label))(),
            // Here a control is its command: a forged one is a command that there is not.
            forge: async () => void (await client().say("/forged control", "ada")),
          };
        },
        async run(path, ...options) {
          await client().say([`/${path}`, ...options.map(({ value }) => value)].join(" "), "ada");
        },
        whispers: async () => whispered().map(({ text }) => text ?? ""),
        files: async () =>
          whispered().flatMap(({ files = [] }) =>
            (files as readonly { name: string; base64: string }[]).map(({ name, base64 }) => ({
              name,
              text: Buffer.from(base64, "base64").toString(),
            })),
          ),
        close: () => stream.close(),
      };
    },
  };
}

type Shown = { readonly text: string; readonly controls?: NonNullable<PlaygroundEvent["controls"]> };

const elementsUnder = (message: SlackMessage | undefined) =>
  (message?.blocks ?? []).flatMap((block) => (block.type === "actions" ? block.elements : []));
const isButton = (message: SlackMessage, label: string) =>
  elementsUnder(message).some((element) => element.type === "button" && element.text.text === label);
/** The placeholder of the select that looks up models, which names it. */
const selectUnder = (message: SlackMessage | undefined) =>
  elementsUnder(message).flatMap((one) => (one.type === "external_select" ? [one.placeholder?.text ?? ""] : []))[0];
