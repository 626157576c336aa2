import { setMaxListeners } from "node:events";
import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { UserError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { BoardControl } from "../../commands/command-deps.js";
import { t } from "../../languages/translate.js";
import type { Quota } from "../../quota/quota.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Settings } from "../../refresh/settings.js";
import type { Store, Write } from "../../store/store.js";
import { channelKeyOf, inLanguageOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey, ChatPlatform, MessageKey, Reaction } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";
import { type BoardEditor, createBoardEditor } from "./board-editor.js";
import { createBoardReactions, type RunCommand } from "./board-reactions.js";
import { type BoardRow, createBoardRows } from "./board-rows.js";
import {
  BOARD_EMOJIS,
  type BoardTimes,
  boardText,
  commandOfReaction,
  judgementOf,
  MOVED_TEXT,
  stoppedBoardText,
} from "./board-text.js";

export interface BoardDeps {
  readonly store: Store;
  readonly refresher: Refresher;
  readonly settings: Settings;
  readonly quota: Pick<Quota, "states">;
  readonly clock: Clock;
  readonly log: Log;
  /** The platforms that run; filled when they are made. */
  readonly platforms: readonly ChatPlatform[];
  /** Says that this process stops; resolves with whether others that share the store go on. Never rejects. */
  leave(): Promise<boolean>;
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
  /**
   * Takes no more, and resolves when no confirmation is left on a board and each says that the bot was stopped, or when
   * that takes too long. Where other replicas go on, the boards stay theirs.
   */
  stop(): Promise<void>;
}

/** What changes together (ten providers answering, say) is shown by one edit. */
const GATHER_MS = 1_000;
/** How often is looked for what other replicas have shown. */
const SYNC_MS = 60_000;
/** How long a stop waits for the boards to say so; those that wait for the platform's limits keep their "as of". */
const STOP_MS = 3_000;

export function createBoard(deps: BoardDeps): Board {
  const { clock, log, settings } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  setMaxListeners(0, signal); // one for each press whose confirmation is shown
  const boards = createEditors(deps, signal);
  const commandOf = ({ emoji, message }: Reaction) => commandOfReaction(emoji, settings.inForce(workspaceOf(message)));
  const reactions = createBoardReactions({ clock, log, signal, commandOf });
  let isGathering = false;
  let syncedAt = clock.now();
  const gather = async () => {
    await clock.sleep(GATHER_MS, signal);
    isGathering = false;
    if (clock.now() - syncedAt >= SYNC_MS) {
      syncedAt = clock.now();
      await boards.load().catch((error) => log.warn({ error }, "board: could not read what other replicas have shown"));
    }
    for (const editor of boards.all()) void editor.update();
  };

  return {
    control: { post: (conversation, also = []) => postBoard(deps, boards, { conversation, also, signal }) },
    load: boards.load,
    look() {
      const editors = [...boards.all()];
      for (const editor of editors) editor.note();
      if (isGathering || editors.length === 0 || signal.aborted) return;
      isGathering = true;
      gather().catch(() => {}); // ends with `stop`
    },
    async onReaction(platform, reaction, run) {
      const isOnBoard =
        boards.isKnown(reaction.message) ||
        (commandOf(reaction) !== undefined && (await boards.isFound(reaction.message)));
      if (isOnBoard) await reactions.press(platform, reaction, run);
    },
    async stop() {
      stopping.abort();
      await reactions.idle();
      if (await deps.leave()) return;
      const warn = (error: unknown) => log.warn({ error }, "board: could not show that the bot was stopped");
      const all = (within: AbortSignal) =>
        Promise.all([...boards.all()].map((editor) => editor.showStopped(within).catch(warn)));
      await withDeadline(all, { what: "the last text of boards", timeoutMs: STOP_MS, clock }).catch(warn);
    },
  };
}

const platformOf = ({ platforms }: BoardDeps, name: string) => platforms.find((platform) => platform.name === name);
const textFor = ({ refresher, settings, quota }: BoardDeps, message: MessageKey, times: BoardTimes) =>
  inLanguageOf(settings, message, () =>
    boardText({ status: refresher.status(), settings, workspace: workspaceOf(message), quotas: quota.states() }, times),
  );

/** The boards that stand, each with what keeps its message up to date. */
interface Editors {
  all(): Iterable<BoardEditor>;
  /** Adds the boards of earlier runs and of other replicas. @throws {StoreError} */
  load(): Promise<void>;
  /** Takes a new board in with what else is written, and returns the one whose place it takes. @throws {StoreError} */
  replace(conversation: string, row: BoardRow, also: readonly Write[]): Promise<BoardEditor | undefined>;
  isKnown(message: MessageKey): boolean;
  /** Looks into the store too: a platform tells a reaction to one replica, which need not have posted the board. */
  isFound(message: MessageKey): Promise<boolean>;
}

function createEditors(deps: BoardDeps, signal: AbortSignal): Editors {
  const { refresher, clock, log } = deps;
  const rows = createBoardRows(deps.store);
  const editors = new Map<string, BoardEditor>();
  const keep = (conversation: string, row: BoardRow) => {
    const isStill = () => editors.get(conversation) === editor;
    const editor = createBoardEditor(
      {
        clock,
        log,
        signal,
        platformOf: (name) => platformOf(deps, name),
        judge: () => judgementOf(refresher.status()),
        refreshedAt: () => refresher.status().lastRefreshAt,
        textFor: (message, times) => textFor(deps, message, times),
        stoppedText: (message, times) => inLanguageOf(deps.settings, message, () => stoppedBoardText(times)),
        alone: (work) => alone(deps, conversation, work),
        stored: () => rows.get(conversation),
        onShown: async (shown) => void (isStill() && (await rows.save(conversation, shown))),
        onGone: async () => void (isStill() && editors.delete(conversation) && (await rows.forget(conversation))),
      },
      row,
    );
    editors.set(conversation, editor);
  };
  const isKnown = (message: MessageKey) =>
    [...editors.values()].some((editor) => isSameMessage(editor.message, message));
  return {
    all: () => editors.values(),
    isKnown,
    async load() {
      for (const [conversation, row] of await rows.load()) {
        const known = editors.get(conversation);
        if (known !== undefined && isSameMessage(known.message, row.message)) known.adopt(row);
        else keep(conversation, row);
      }
    },
    async replace(conversation, row, also) {
      await rows.save(conversation, row, also);
      const old = editors.get(conversation);
      keep(conversation, row);
      return old;
    },
    async isFound(message) {
      try {
        for (const [conversation, row] of await rows.load()) {
          if (isSameMessage(row.message, message)) keep(conversation, row);
        }
      } catch (error) {
        log.warn({ error }, "board: could not look up a reaction's message in the store");
      }
      return isKnown(message);
    },
  };
}

/** How long a replica may take for an edit before another one makes it: longer than any edit takes. */
const EDIT_LEASE_MS = 30_000;

/** Where the store fails, at worst two replicas show the same. @throws what `work` throws */
async function alone({ store }: BoardDeps, conversation: string, work: () => Promise<void>): Promise<void> {
  const terms = { ttlMs: EDIT_LEASE_MS, isReentrant: true };
  const turn = await store.claim(`board:${conversation}`, terms).catch(() => undefined);
  if (turn?.held === false) return;
  try {
    await work();
  } finally {
    if (turn !== undefined) await store.commit(turn.claim, []).catch(() => {}); // it ends by itself
  }
}

/** Posts the board of a channel and retires the one before. @throws {UserError} @throws {StoreError} */
async function postBoard(
  deps: BoardDeps,
  boards: Editors,
  terms: { readonly conversation: string; readonly also: readonly Write[]; readonly signal: AbortSignal },
) {
  const { conversation, also, signal } = terms;
  const { clock, log, refresher } = deps;
  const place = channelKeyOf(conversation);
  const platform = platformOf(deps, place.platform);
  if (platform === undefined) throw new UserError(t`A board can't be posted here.`);
  const now = clock.now();
  const times = { since: now, asOf: now, refreshedAt: refresher.status().lastRefreshAt };
  const judgement = judgementOf(refresher.status());
  const text = textFor(deps, { ...place, message: "" }, times);
  const message = await posted(platform, place, text, signal);
  const old = await boards.replace(conversation, { message, text, judgement, ...times }, also);
  if (old !== undefined) {
    void platform
      .edit(old.message, { markdown: t(MOVED_TEXT) }, { rank: "board", signal })
      .catch((error) => log.debug({ error }, "board: could not mark an older board as moved"));
  }
  const hasReactions = await platform.react(message, { offer: BOARD_EMOJIS }).then(
    () => true,
    (error) => {
      log.warn({ error }, "board: could not offer reactions");
      return false;
    },
  );
  return { hasMoved: old !== undefined, hasReactions };
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
        ? error.why === undefined
          ? t`I may not post in this channel. Give me the permission to send messages here, and try again.`
          : t`I may not post in this channel: ${error.why}. Then try again.`
        : t`The board could not be posted just now. Please try again in a moment.`,
    );
  }
}

/** A reaction's event may not say which thread its message stands in. */
const isSameMessage = (a: MessageKey, b: MessageKey) =>
  a.platform === b.platform && a.workspace === b.workspace && a.channel === b.channel && a.message === b.message;
