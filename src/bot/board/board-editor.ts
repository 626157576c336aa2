import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { ChatPlatform, MessageKey } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";
import type { BoardRow } from "./board-rows.js";

export interface BoardEditorDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  platformOf(name: string): ChatPlatform | undefined;
  /** What the board judges now. */
  judge(): string;
  /** The text as it should be now, for a judgement that is so since then. */
  textFor(message: MessageKey, since: number): string;
  /** Keeps what is shown. @throws {StoreError} */
  onShown(row: BoardRow): Promise<void>;
  /** The message is no more. @throws {StoreError} */
  onGone(): Promise<void>;
}

/** One board's message, edited when its text changes and never otherwise. */
export interface BoardEditor {
  readonly message: MessageKey;
  /** Notes when what it judges changed, however long the edit has to wait. */
  note(): void;
  /** Brings the message up to date, if it is not and the platform lets it. Never rejects. */
  update(): Promise<void>;
}

/** Discord caps edits of messages older than an hour (30046) without saying for how long. */
const EDIT_CAP_PAUSE_MS = 3_600_000;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;

export function createBoardEditor(deps: BoardEditorDeps, posted: BoardRow): BoardEditor {
  const { clock, log, signal } = deps;
  const { message } = posted;
  let shown = posted;
  /** What is so, shown or not. */
  let noted: { readonly judgement: string; readonly since: number } = posted;
  let pausedUntil = 0;
  let failures = 0;
  let running: Promise<void> | undefined;

  const note = () => {
    const judgement = deps.judge();
    if (judgement === shown.judgement) noted = shown;
    else if (judgement !== noted.judgement) noted = { judgement, since: clock.now() };
  };
  const wanted = (): BoardRow => {
    note();
    return { message, judgement: noted.judgement, since: noted.since, text: deps.textFor(message, noted.since) };
  };
  const edit = async () => {
    const platform = deps.platformOf(message.platform);
    if (platform === undefined || platform.fault() !== undefined || clock.now() < pausedUntil) return;
    if (wanted().text === shown.text) return;
    let next = shown;
    const text = () => {
      next = wanted();
      return next.text === shown.text ? undefined : { markdown: next.text };
    };
    try {
      await platform.edit(message, text, { rank: "board", signal });
    } catch (error) {
      if (signal.aborted) return;
      return fail(error);
    }
    if (next.text === shown.text) return;
    shown = next;
    failures = 0;
    await deps.onShown(shown);
  };
  const fail = async (error: unknown) => {
    if (error instanceof PlatformError && (error.reason === "gone" || error.reason === "not-editable")) {
      pausedUntil = Number.POSITIVE_INFINITY;
      log.info({ message }, "a board was deleted, and is forgotten");
      return deps.onGone();
    }
    pausedUntil = clock.now() + pauseAfter(error, failures);
    failures += 1;
    log.warn({ error, message, until: pausedUntil }, "a board was not edited; it is tried again later");
  };
  return {
    message,
    note,
    update() {
      running ??= edit()
        .catch((error) => {
          if (!signal.aborted) log.warn({ error, message }, "a board was edited, but that was not stored");
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
