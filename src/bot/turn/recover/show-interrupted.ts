import type { Clock } from "../../../base/clock.js";
import { retry } from "../../../base/retry.js";
import type { ModelRef } from "../../../refresh/choose/model-ref.js";
import type { Sessions } from "../../../store/sessions/sessions.js";
import { messageKeySchema } from "../../port/conversation.js";
import type { MessageKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { chooseControl, comparedHeading, retryControl } from "../answer-controls.js";
import { ENDING_LINES } from "../endings.js";
import { begunAnswer, type Lost } from "./begun-answer.js";

interface ShowDeps {
  readonly sessions: Pick<Sessions, "openQuestions" | "recentTurns" | "comparedAnswers">;
  readonly clock: Clock;
}

const LINE = ENDING_LINES.interrupted ?? "";
/** A text that ends in the line; what stands before it. A platform may keep its emoji in another form. */
const SAID = new RegExp(`^(.*?)\\s*\\S*\\s*${LINE.replace(/^[^\p{L}]+/u, "").replace(".", "\\.")}\\s*$`, "su");

/** Where an interrupted answer ends, and what it had shown. */
interface Interrupted {
  readonly answer: MessageKey;
  readonly kept: string;
}

/** Says below what there is of the answer that it was interrupted, or else in a message of its own. */
export async function showInterrupted(deps: ShowDeps, lost: Lost): Promise<Interrupted> {
  const { id, message, question, surface } = lost;
  const { compared } = question;
  const { platform } = surface;
  const place = compared === undefined ? message : messageKeySchema.parse(compared.at);
  const heading = compared === undefined ? "" : `${comparedHeading(compared)}\n\n`;
  const begun = await begunAnswer(deps.sessions, lost);
  const say = async () => ({
    answer: await patiently(deps, () =>
      platform.post(place, { markdown: heading + LINE }, { rank: "last-text", replyTo: place }),
    ),
    kept: "",
  });
  if (begun === undefined) return say();
  const { message: answer, text } = begun;
  const before = text === undefined ? undefined : SAID.exec(text)?.[1];
  if (before !== undefined) return { answer, kept: before }; // an earlier attempt got so far
  const control = compared === undefined ? retryControl() : chooseControl({ id }, compared);
  return patiently(deps, () => platform.append(answer, LINE, [control])).then(
    (kept) => ({ answer, kept: compared === undefined ? kept : withoutHeading(kept, compared) }),
    (error) => {
      // Deleted by somebody, or so full that not a line fits below it.
      const isElsewhere = error instanceof PlatformError && ["refused", "gone", "not-editable"].includes(error.reason);
      if (!isElsewhere) throw error;
      return say();
    },
  );
}

/** What a compared answer says below the name of its model, which a platform may keep in another form. */
function withoutHeading(text: string, { model }: ModelRef): string {
  const end = text.indexOf("\n");
  return end >= 0 && text.slice(0, end).includes(model) ? text.slice(end).trimStart() : text;
}

/** A longer limit is left to the next round. */
const MAX_LIMITED_MS = 10_000;

/** Waits out a rate limit that the ended process has used up, instead of a round. @throws what `work` throws */
const patiently = <T>({ clock }: ShowDeps, work: () => Promise<T>): Promise<T> =>
  retry(work, {
    clock,
    until: clock.now() + MAX_LIMITED_MS,
    shouldRetry: (error) => error instanceof PlatformError && error.reason === "rate-limited",
    delays: (_failures, error) => (error instanceof PlatformError ? error.retryAfterMs : undefined) ?? 1_000,
  });
