import type { Control } from "../../commands/command.js";
import type { Ending, Pin, Turn } from "../../store/sessions/sessions.js";
import { stacked } from "../delivery/code-fence.js";
import { conversationOf, workspaceOf } from "../port/conversation.js";
import { cleanQuestion } from "../prompt/clean-question.js";
import { RETRY_CONTROL } from "./answer-controls.js";
import { footerLine } from "./footer.js";
import { goneLine, pinNote, replacements, useOf } from "./model-use.js";
import type { AnsweredTurn, TurnDeps } from "./turn-deps.js";
import { pinLine, shownModel, shownText } from "./turn-text.js";
import { untilStored } from "./until-stored.js";
import { estimatedTokens, type Used, usageEntry, usedBy } from "./usage-entry.js";

/**
 * Shows the last text with what belongs below it, and saves the turn with what it used, in one step.
 * @throws {StoreError} when it could not be saved @throws what the platform throws in the end
 */
export async function finishTurn(deps: TurnDeps, turn: AnsweredTurn): Promise<Ending> {
  const { answer, pin, session, stream, prepared } = turn;
  const reference = deps.newReference();
  if (answer.error !== undefined && answer.ending !== "stopped") {
    deps.log.warn(
      { error: answer.error, reference, provider: pin?.provider, model: pin?.model, ending: answer.ending },
      "a turn did not end well",
    );
  }
  if (pin !== null && turn.isConfigured) {
    const use = useOf(pin, answer);
    if (use !== undefined) deps.refresher.noteUse(use);
  }
  const used = usedBy({
    usage: answer.finish?.usage,
    inputTokens: prepared && answer.isUsed ? estimatedTokens(prepared) : undefined,
    output: answer.text,
  });
  const text = textOf(deps, turn, { reference, used });
  const isShown = await stream.finish(text, controlsOf(deps, turn, text));
  const isPosted = stream.postedIn() !== undefined;
  const ending = isShown ? answer.ending : isPosted && answer.ending !== "failed" ? "cut-off" : "failed";
  await save(deps, turn, { ending, used });
  if (session.pin !== null) await rememberTold(deps, turn, session.pin, isShown);
  deps.onTurn({
    platform: turn.platform.name,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    ending,
    durationMs: deps.clock.now() - turn.startedAt,
    firstTextMs: answer.firstTextAt === undefined ? null : answer.firstTextAt - turn.startedAt,
  });
  return ending;
}

/** The answer, and below it our lines, the quietest last. */
function textOf(
  deps: TurnDeps,
  turn: AnsweredTurn,
  { reference, used }: { readonly reference: string; readonly used: Used | undefined },
): string {
  const { answer, pin, session, shown, isConfigured, prepared, question } = turn;
  const snapshot = deps.refresher.snapshot();
  const isDone = answer.finish !== undefined;
  const hasFooter = deps.settings.of(workspaceOf(question.message)).footer === true && answer.text !== "";
  const parts = [
    shownText(deps, { answer, shown, pin, isConfigured, reference, session }),
    otherModelLine(turn),
    pin === null ? undefined : replacements(snapshot, pin, answer.error)?.line,
    pin === null || !isDone ? undefined : goneLine(snapshot, pin, session),
    ...(prepared?.notes.length ? [prepared.notes.join("\n")] : []),
    hasFooter && pin !== null && used !== undefined
      ? footerLine({
          pin,
          answer,
          usage: used,
          durationMs: deps.clock.now() - turn.startedAt,
          refresher: deps.refresher,
        })
      : undefined,
  ];
  return stacked(parts);
}

/** Of an answer that was asked of another model. */
function otherModelLine({ question, pin, session, answer }: AnsweredTurn): string | undefined {
  if (question.retry?.model === undefined || pin === null || answer.text === "") return undefined;
  const stays = session.pin === null ? "" : ` The conversation stays with ${shownModel(session.pin)}.`;
  return `🔁 Answered by ${shownModel(pin)}.${stays}`;
}

function controlsOf(deps: TurnDeps, turn: AnsweredTurn, text: string): readonly Control[] {
  const { pin, answer, platform, question, isConfigured } = turn;
  if (pin !== null && !isConfigured) return [{ label: "Use the default", command: "/models unpin" }];
  if (pin === null) return [];
  const instead = replacements(deps.refresher.snapshot(), pin, answer.error)?.controls;
  if (instead !== undefined) return [...instead, RETRY_CONTROL];
  const isLong = text.length > Math.min(platform.limits.maxMessageChars, LONG_CHARS);
  const offersThread =
    deps.extrasOf(platform.name).openThread !== undefined &&
    question.message.thread === undefined &&
    question.mention?.isDirect !== true &&
    isLong;
  return deps.controls.under(pin, { offersThread });
}

/** An answer that takes a screen, where going on in the channel would bury what others say. */
const LONG_CHARS = 1_500;

async function save(
  deps: TurnDeps,
  { question, answer, pin, prepared, stream, startedAt }: AnsweredTurn,
  { ending, used }: { readonly ending: Ending; readonly used: Used | undefined },
): Promise<void> {
  const sent = prepared?.sent ?? question.retry?.sent;
  const said = cleanQuestion(question.text).trim();
  const shownIn = stream.postedIn()?.message;
  const row: Turn = {
    question: {
      message: question.message.message,
      author: question.asker.name,
      authorId: question.asker.id,
      text: said,
      ...(sent !== undefined && sent !== said && { sent }),
      at: startedAt,
    },
    answer: answer.text,
    ...(shownIn !== undefined && { shownIn }),
    ending,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    usage: answer.finish?.usage ?? null,
    endedAt: deps.clock.now(),
  };
  const writes =
    pin === null || used === undefined
      ? []
      : [
          deps.ledger.writeOf(
            usageEntry({
              question,
              model: pin,
              used,
              modelFacts: deps.modelFacts(pin.provider, pin.model, rowOf(deps, pin)),
              ending,
            }),
          ),
        ];
  const also = { replaces: question.retry?.turn, writes };
  await untilStored(() => deps.sessions.end(question.id, conversationOf(question.message), row, also), deps);
}

const rowOf = ({ refresher }: TurnDeps, { provider, model }: Pin) =>
  refresher
    .snapshot()
    .providers.get(provider)
    ?.models.find(({ id }) => id === model);

/** So that the next answer does not say the same; what a person changed meanwhile is still news. */
async function rememberTold(deps: TurnDeps, turn: AnsweredTurn, pin: Pin, isShown: boolean): Promise<void> {
  const { session, answer, question } = turn;
  const note = answer.finish !== undefined ? pinNote(deps.refresher.snapshot(), pin) : session.noted;
  const isNewsTold = isShown && pinLine(turn.pin, session, answer) !== undefined;
  await deps.sessions
    .change(conversationOf(question.message), (before) => {
      const { noted, pinNews, ...rest } = before;
      const isNewsOver = isNewsTold && before.pin?.at === pin.at;
      const news = isNewsOver ? undefined : pinNews;
      if (note === noted && news === pinNews) return before;
      return { ...rest, ...(note !== undefined && { noted: note }), ...(news !== undefined && { pinNews: news }) };
    })
    .catch((error) => deps.log.warn({ error }, "what was told was not remembered; the next answer tells it again"));
}
