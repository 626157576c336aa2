import type { Clock } from "../clock.js";
import type { Log } from "../log.js";
import type { BoardRow } from "./board-rows.js";
import type { ChatPlatform } from "./platform.js";
import { PlatformError } from "./platform-error.js";

export interface BoardEditorDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  platformOf(name: string): ChatPlatform | undefined;
  /** The row as it should be now: the same object where nothing has changed. */
  wanted(row: BoardRow): BoardRow;
  /** Keeps what is shown. @throws {StoreError} */
  onShown(row: BoardRow): Promise<void>;
  /** The message is no more. @throws {StoreError} */
  onGone(row: BoardRow): Promise<void>;
}

/** One board's message, edited when its text changes and never otherwise. */
export interface BoardEditor {
  row(): BoardRow;
  /** Brings the message up to date, if it is not and the platform lets it. Never rejects. */
  update(): Promise<void>;
}

/** Discord caps edits of messages older than an hour (30046) without saying for how long. */
const EDIT_CAP_PAUSE_MS = 3_600_000;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;

export function createBoardEditor(deps: BoardEditorDeps, posted: BoardRow): BoardEditor {
  const { clock, log, signal } = deps;
  /** What is shown, and since when what it judges is so, shown or not. */
  let row = posted;
  let pausedUntil = 0;
  let failures = 0;
  let running: Promise<void> | undefined;

  const edit = async () => {
    const platform = deps.platformOf(row.message.platform);
    if (platform === undefined || platform.fault() !== undefined || clock.now() < pausedUntil) return;
    if (deps.wanted(row).text === row.text) return;
    await platform.slot(row.message, "board", signal);
    const shown = deps.wanted(row);
    if (shown.text === row.text) return;
    try {
      await platform.edit(row.message, { markdown: shown.text });
    } catch (error) {
      return fail(error);
    }
    row = shown;
    failures = 0;
    await deps.onShown(row);
  };
  const fail = async (error: unknown) => {
    if (error instanceof PlatformError && error.reason === "gone") {
      pausedUntil = Number.POSITIVE_INFINITY;
      log.info({ message: row.message }, "a board was deleted, and is forgotten");
      return deps.onGone(row);
    }
    pausedUntil = clock.now() + pauseAfter(error, failures);
    failures += 1;
    log.warn({ error, message: row.message, until: pausedUntil }, "a board was not edited; it is tried again later");
  };
  return {
    row: () => row,
    update() {
      const noted = deps.wanted(row);
      // The time of the change is that of noticing it, however long the edit has to wait.
      if (noted.judgement !== row.judgement) row = { ...row, judgement: noted.judgement, since: noted.since };
      running ??= edit()
        .catch((error) => {
          if (!signal.aborted) log.warn({ error, message: row.message }, "a board's state was not stored");
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}

function pauseAfter(error: unknown, failures: number): number {
  const { reason, retryAfterMs = 0 } = error instanceof PlatformError ? error : { reason: undefined };
  if (reason === "edit-cap") return Math.max(EDIT_CAP_PAUSE_MS, retryAfterMs);
  return Math.max(retryAfterMs, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures));
}
