import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { ChatPlatform, MessageKey } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";
import type { BoardRow } from "./board-rows.js";
import { type BoardTimes, RENEW_MS } from "./board-text.js";

export interface BoardEditorDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  platformOf(name: string): ChatPlatform | undefined;
  /** What the board judges now. */
  judge(): string;
  /** The newest success of any provider, epoch ms. */
  refreshedAt(): number | null;
  /** The text as it should be now, with these times. */
  textFor(message: MessageKey, times: BoardTimes): string;
  /** What stands on it once the bot was stopped. */
  stoppedText(message: MessageKey, times: BoardTimes): string;
  /** Does the work unless another replica is at the same board. @throws what it throws */
  alone(work: () => Promise<void>): Promise<void>;
  /** What is stored of it, perhaps by another replica. @throws {StoreError} */
  stored(): Promise<BoardRow | undefined>;
  /** Keeps what is shown. @throws {StoreError} */
  onShown(row: BoardRow): Promise<void>;
  /** The message no longer exists. @throws {StoreError} */
  onGone(): Promise<void>;
}

/** One board's message, edited when its text changes and never otherwise. */
export interface BoardEditor {
  readonly message: MessageKey;
  /** Notes when what it judges changed, however long the edit has to wait. */
  note(): void;
  /** Brings the message up to date, if it is not and the platform lets it. Never rejects. */
  update(): Promise<void>;
  /** Takes over what another replica has shown since. */
  adopt(stored: BoardRow): void;
  /** Says on the message that the bot was stopped. @throws {PlatformError} @throws signal.reason when aborted */
  showStopped(signal: AbortSignal): Promise<void>;
}

/** Discord caps edits of messages older than an hour (30046) without saying for how long. */
const EDIT_CAP_PAUSE_MS = 3_600_000;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;

export function createBoardEditor(deps: BoardEditorDeps, posted: BoardRow): BoardEditor {
  const { clock, log, signal } = deps;
  const { message } = posted;
  const { note, adopt, wanted, ...face } = createFace(deps, posted);
  let pausedUntil = 0;
  let failures = 0;
  let running: Promise<void> | undefined;

  const openPlatform = () => {
    const platform = deps.platformOf(message.platform);
    return platform?.fault() === undefined && clock.now() >= pausedUntil ? platform : undefined;
  };
  const edit = async () => {
    const platform = openPlatform();
    if (platform !== undefined && wanted() !== undefined) await deps.alone(() => editOn(platform));
  };
  const editOn = async (platform: ChatPlatform) => {
    const stored = await deps.stored().catch(() => undefined); // at worst two replicas show the same
    if (stored !== undefined) adopt(stored);
    let next: BoardRow | undefined;
    const text = () => {
      next = wanted();
      return next && { markdown: next.text };
    };
    try {
      await platform.edit(message, text, { rank: "board", signal });
    } catch (error) {
      if (signal.aborted) return;
      return fail(error);
    }
    if (next === undefined) return;
    face.show(next);
    failures = 0;
    await deps.onShown(next);
  };
  const fail = async (error: unknown) => {
    if (error instanceof PlatformError && (error.reason === "gone" || error.reason === "not-editable")) {
      pausedUntil = Number.POSITIVE_INFINITY;
      log.info({ message }, "board: message was deleted, board forgotten");
      return deps.onGone();
    }
    pausedUntil = clock.now() + pauseAfter(error, failures);
    failures += 1;
    log.warn({ error, message, until: pausedUntil }, "board: edit failed, retrying later");
  };
  return {
    message,
    note,
    adopt,
    async showStopped(within) {
      const platform = openPlatform();
      if (platform === undefined) return;
      const row = face.stopped();
      await platform.edit(message, { markdown: row.text }, { rank: "board", signal: within });
      await deps.onShown(row);
    },
    update() {
      running ??= edit()
        .catch((error) => {
          if (!signal.aborted) log.warn({ error, message }, "board: edit was not stored");
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}

/** What a board shows, and what it should. */
function createFace(deps: BoardEditorDeps, posted: BoardRow) {
  const { clock } = deps;
  const { message } = posted;
  let shown = posted;
  /** What is so, shown or not. */
  let noted: { readonly judgement: string; readonly since: number } = posted;
  const note = () => {
    const judgement = deps.judge();
    if (judgement === shown.judgement) noted = shown;
    else if (judgement !== noted.judgement) noted = { judgement, since: clock.now() };
  };
  const timesNow = () => ({ asOf: clock.now(), refreshedAt: deps.refreshedAt() });
  return {
    note,
    show: (row: BoardRow) => {
      shown = row;
    },
    adopt(stored: BoardRow) {
      if ((stored.asOf ?? 0) > (shown.asOf ?? 0) && stored.message.message === message.message) shown = stored;
    },
    /** Undefined while what is shown is true, but for its times, and young enough. */
    wanted(): BoardRow | undefined {
      note();
      const { judgement, since } = noted;
      const rowAt = (times: Omit<BoardTimes, "since">): BoardRow => {
        return { message, judgement, since, ...times, text: deps.textFor(message, { since, ...times }) };
      };
      const { asOf = 0, refreshedAt = null } = shown;
      const isTrue = rowAt({ asOf, refreshedAt }).text === shown.text;
      const isYoung = clock.now() - asOf < RENEW_MS;
      return isTrue && isYoung ? undefined : rowAt(timesNow());
    },
    stopped(): BoardRow {
      const row = { ...shown, ...timesNow() };
      return { ...row, text: deps.stoppedText(message, row) };
    },
  };
}

function pauseAfter(error: unknown, failures: number): number {
  const { reason, retryAfterMs = 0 } = error instanceof PlatformError ? error : { reason: undefined };
  if (reason === "edit-cap") return Math.max(EDIT_CAP_PAUSE_MS, retryAfterMs);
  return Math.max(retryAfterMs, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures));
}
