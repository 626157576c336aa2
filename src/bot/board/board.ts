import type { Clock } from "../../base/clock.js";
import { UserError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { BoardControl } from "../../commands/command-deps.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Settings } from "../../refresh/settings.js";
import type { Store } from "../../store/store.js";
import { channelKeyOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey, ChatPlatform, MessageKey, Reaction } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";
import { type BoardEditor, createBoardEditor } from "./board-editor.js";
import { createBoardReactions, type RunCommand } from "./board-reactions.js";
import { type BoardRow, createBoardRows } from "./board-rows.js";
import { BOARD_EMOJIS, boardText, commandOfReaction, judgementOf, MOVED_TEXT } from "./board-text.js";

export interface BoardDeps {
  readonly store: Store;
  readonly refresher: Refresher;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** The platforms that run; filled when they are made. */
  readonly platforms: readonly ChatPlatform[];
}

/** The status messages that people have asked for, at most one a channel. */
export interface Board {
  readonly control: BoardControl;
  /** Finds the boards of earlier runs again. @throws {StoreError} */
  load(): Promise<void>;
  /** Looks whether any board says something else by now; called at every beat and after every change. */
  look(): void;
  /** Resolves when what the reaction set off is over. Never rejects. */
  onReaction(platform: ChatPlatform, reaction: Reaction, run: RunCommand): Promise<void>;
  /** Takes no more, and resolves when no confirmation is left on a board, or when that takes too long. */
  stop(): Promise<void>;
}

/** What changes together (ten providers answering, say) is shown by one edit. */
const GATHER_MS = 1_000;

export function createBoard(deps: BoardDeps): Board {
  const { refresher, settings, clock, log } = deps;
  const rows = createBoardRows(deps.store);
  const boards = new Map<string, BoardEditor>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let isGathering = false;

  const platformOf = (name: string) => deps.platforms.find((platform) => platform.name === name);
  const judge = () => judgementOf(refresher.status());
  const textFor = (message: MessageKey, since: number) =>
    boardText({ status: refresher.status(), settings, workspace: workspaceOf(message) }, since);
  const commandOf = ({ emoji, message }: Reaction) => commandOfReaction(emoji, settings.inForce(workspaceOf(message)));
  const keep = (conversation: string, row: BoardRow) => {
    const isStill = () => boards.get(conversation) === editor;
    const editor = createBoardEditor(
      {
        clock,
        log,
        signal,
        platformOf,
        judge,
        textFor,
        onShown: async (shown) => void (isStill() && (await rows.save(conversation, shown))),
        onGone: async () => void (isStill() && boards.delete(conversation) && (await rows.forget(conversation))),
      },
      row,
    );
    boards.set(conversation, editor);
  };
  const gather = async () => {
    await clock.sleep(GATHER_MS, signal);
    isGathering = false;
    for (const editor of boards.values()) void editor.update();
  };

  const isKnown = (message: MessageKey) =>
    [...boards.values()].some((editor) => isSameMessage(editor.message, message));
  /** A platform tells a reaction to one replica, which need not be the one that posted the board. */
  const isFound = async (reaction: Reaction): Promise<boolean> => {
    if (commandOf(reaction) === undefined) return false;
    try {
      for (const [conversation, row] of await rows.load()) {
        if (isSameMessage(row.message, reaction.message)) keep(conversation, row);
      }
    } catch (error) {
      log.warn({ error }, "the store could not tell whether a reaction is on a board");
    }
    return isKnown(reaction.message);
  };

  const letGo = async (old: BoardEditor | undefined, platform: ChatPlatform) => {
    if (old === undefined) return;
    const { message } = old;
    await platform
      .edit(message, { markdown: MOVED_TEXT }, { rank: "board", signal })
      .catch((error) => log.debug({ error }, "an older board does not say that it has moved"));
  };
  const offer = async (platform: ChatPlatform, message: MessageKey): Promise<boolean> => {
    try {
      await platform.react(message, { offer: BOARD_EMOJIS });
      return true;
    } catch (error) {
      log.warn({ error }, "the reactions of a board could not be offered");
      return false;
    }
  };
  const reactions = createBoardReactions({ clock, log, signal, commandOf });

  return {
    control: {
      async post(conversation) {
        const place = channelKeyOf(conversation);
        const platform = platformOf(place.platform);
        if (platform === undefined) throw new UserError("A board can't be posted here.");
        const [judgement, since] = [judge(), clock.now()];
        const text = textFor({ ...place, message: "" }, since);
        const message = await posted(platform, place, text, signal);
        const row: BoardRow = { message, text, judgement, since };
        await rows.save(conversation, row);
        const old = boards.get(conversation);
        keep(conversation, row);
        void letGo(old, platform);
        return { hasMoved: old !== undefined, hasReactions: await offer(platform, message) };
      },
    },
    async load() {
      for (const [conversation, row] of await rows.load()) keep(conversation, row);
    },
    look() {
      for (const editor of boards.values()) editor.note();
      if (isGathering || boards.size === 0 || signal.aborted) return;
      isGathering = true;
      gather().catch(() => {}); // ends with `stop`
    },
    async onReaction(platform, reaction, run) {
      if (isKnown(reaction.message) || (await isFound(reaction))) await reactions.press(platform, reaction, run);
    },
    async stop() {
      stopping.abort();
      await reactions.idle();
    },
  };
}

/** @throws {UserError} saying why it is not there */
async function posted(platform: ChatPlatform, place: ChannelKey, text: string, signal: AbortSignal) {
  try {
    return await platform.post(place, { markdown: text }, { rank: "board", signal });
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    const isClosed = error.reason === "forbidden" || error.reason === "gone";
    throw new UserError(
      isClosed
        ? "I may not post in this channel. Give me the permission to send messages here, and try again."
        : "The board could not be posted just now. Please try again in a moment.",
    );
  }
}

/** A reaction's event may not say which thread its message stands in. */
const isSameMessage = (a: MessageKey, b: MessageKey) =>
  a.platform === b.platform && a.workspace === b.workspace && a.channel === b.channel && a.message === b.message;
