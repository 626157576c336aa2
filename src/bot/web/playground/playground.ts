import { randomBytes } from "node:crypto";
import type { Hono } from "hono";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Languages } from "../../../languages/languages.js";
import type { Store } from "../../../store/store.js";
import type { AnswerFacts, ConversationModel } from "../../port/conversation-facts.js";
import type { ChannelKey, ChatPlatform, Person } from "../../port/platform.js";
import type { PlatformExtras } from "../../port/platform-definition.js";
import { assetRoutes } from "../http/assets.js";
import { createChannelActions } from "./actions.js";
import { createChannelActivity } from "./channel-activity.js";
import { createChannelEvents } from "./channel-events.js";
import { createEditSaver } from "./edit-saver.js";
import { createMessageLog } from "./message-log.js";
import { LIMITS } from "./page-limits.js";
import { createPlaygroundPlatform, PLAYGROUND, YOU } from "./platform.js";
import { createQuestionFiles } from "./question-files.js";
import { createRooms } from "./rooms.js";
import { apiRoutes, type CommandHint } from "./routes.js";

export interface PlaygroundDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** What the page is there in. */
  readonly languages: Languages;
  /** The body of `/api/status`. */
  status(): object;
  /** Calls back after every change of it; returns how to stop that. */
  onStatusChange(listener: () => void): () => void;
  /** The model of the conversation there. @throws {StoreError} */
  modelOf(place: ChannelKey): Promise<ConversationModel>;
  /** What the last answer there took. @throws {StoreError} */
  lastAnswer(place: ChannelKey): Promise<AnswerFacts | undefined>;
  /** Ends what is answered there and erases the conversation. @throws {StoreError} */
  forget(place: ChannelKey, by: Person): Promise<void>;
  /** What the composer offers; nothing when unset. */
  commands?(): readonly CommandHint[];
  /** A random text of `[a-z0-9]`. */
  newId?(): string;
}

/** The chat surface in the browser: a chat service of its own, and a platform of the bot like the others. */
export interface Playground
  extends ChatPlatform,
    Required<Pick<PlatformExtras, "forget" | "eraseText" | "showStatus">> {
  readonly routes: (app: Hono) => void;
  /** Erases channels that nobody touched since `before` (epoch ms); returns how many. @throws {StoreError} */
  eraseUntouched(before: number): Promise<number>;
}

/** Languages of code that the page colours; each is loaded when an answer first has it. */
const LANGUAGES = (
  "bash c cpp csharp css diff dockerfile go graphql ini java javascript json kotlin lua makefile markdown php python " +
  "ruby rust sql swift typescript xml yaml"
).split(" ");
const highlighter = (name: string) => `@highlightjs/cdn-assets/es/${name}.min.js`;
/** The chat page and everything it loads, besides what all pages share. */
const mountPage = assetRoutes({
  folder: new URL("./page/", import.meta.url),
  prefix: "/assets/",
  page: {
    path: "/",
    title: "Evergreen",
    styles: ["layout", "conversation", "message/markdown", "composer/composer", "settings/windows"].map(
      (name) => `/assets/${name}.css`,
    ),
  },
  generated: { "/assets/limits.js": () => `export const LIMITS = ${JSON.stringify(LIMITS)};\n` },
  vendor: {
    "/assets/vendor/markdown-it.mjs": "markdown-it/browser#markdown-it.esm.min.mjs",
    "/assets/vendor/purify.mjs": "dompurify#purify.es.mjs",
    "/assets/vendor/highlight/core.mjs": highlighter("core"),
    ...Object.fromEntries(
      LANGUAGES.map((name) => [`/assets/vendor/highlight/${name}.mjs`, highlighter(`languages/${name}`)]),
    ),
  },
});

export function createPlayground(deps: PlaygroundDeps): Playground {
  const { store, clock, log, status, onStatusChange } = deps;
  const newId = deps.newId ?? (() => randomBytes(6).toString("hex"));
  const messages = createMessageLog({ store, newId });
  const hub = createChannelEvents({ clock, status });
  const saver = createEditSaver({ clock, log, save: messages.save });
  const placeOf = (channel: string) => ({ ...PLAYGROUND, channel });
  const activity = createChannelActivity(hub, clock.now);
  const files = createQuestionFiles();
  const rooms = createRooms({
    ...{ ...deps, messages, hub, saver, activity, files, now: clock.now, placeOf },
    forget: (place) => deps.forget(place, YOU),
  });
  const parts = { messages, hub, saver, rooms, activity, files, lastAnswer: deps.lastAnswer, clock, log };
  const { platform, handlers, forget, eraseText, showStatus } = createPlaygroundPlatform(parts, onStatusChange);
  const actions = createChannelActions({ ...parts, handlers, newId });
  const mountApi = apiRoutes({ ...parts, actions, commands: deps.commands ?? (() => []) });
  return {
    ...platform,
    forget,
    eraseText,
    showStatus,
    eraseUntouched: messages.eraseUntouched,
    routes(app) {
      mountApi(app);
      mountPage(app, deps.languages);
    },
  };
}
