import { UserError } from "../base/errors.js";
import { type Phrase, phrase, t } from "../languages/translate.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { chooseModel, modelOption, suggestModelChoices } from "./choose-model.js";
import { defineCommand, type Invocation, type Reply } from "./command.js";
import type { CommandDeps, RetryOutcome } from "./command-deps.js";
import { othersBelow, targetThread } from "./threads.js";
import { code } from "./wording/markdown.js";

const REFUSALS: Readonly<Record<Exclude<RetryOutcome["kind"], "started" | "waiting" | "refused">, Phrase>> = {
  "nothing-asked": phrase`There is no question here that could be answered again.`,
  already: phrase`This question is being answered again already.`,
  "not-last": phrase`Only the last question can be answered again, and that is an older one.`,
  "not-yours": phrase`🔒 Only the person who asked, or an operator, may have this answered again.`,
};

export const chatRetry = (deps: CommandDeps) =>
  defineCommand({
    path: "chat retry",
    about: "Answer the last question again, perhaps with another model; the conversation's model stays",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: { model: { ...modelOption, about: "for this answer only: provider/model, or a part of its name" } },
    async *run({ model: typed }, invocation) {
      const chosen = typed === undefined ? undefined : chooseModel(deps, typed, "/chat retry", invocation.workspace);
      if (chosen?.kind === "asked-back") return yield chosen.reply;
      const asked = await withoutWatchMessage(deps, invocation);
      const target = await targetThread(deps, asked);
      if (target === undefined)
        return yield await othersBelow(deps, invocation, t`Retry `, `/chat retry ${typed ?? ""}`);
      yield replyTo(
        await deps.turns.retry(target, chosen?.model),
        chosen === undefined ? "" : t` with ${code(modelName(chosen.model), 250)}`,
        chosen?.note ?? "",
      );
    },
    suggest: (_option, typed, invocation) => suggestModelChoices(deps, typed, invocation),
  });

/** Under a message of a watch, the last question is meant whichever answer stands there. @throws {StoreError} */
async function withoutWatchMessage({ watches }: CommandDeps, invocation: Invocation): Promise<Invocation> {
  const { on, ...rest } = invocation;
  if (on === undefined) return invocation;
  const { value } = await watches.channel(invocation.conversation);
  return value?.messages?.includes(on) ? rest : invocation;
}

function replyTo(outcome: RetryOutcome, how: string, note: string): Reply {
  const taken = { isQuiet: true, dropsControls: true } as const;
  switch (outcome.kind) {
    case "started":
      return { markdown: t`🔁 The last question is answered again${how}.${note}`, ...taken };
    case "waiting":
      return {
        markdown: t`⏳ The last question will be answered again${how}, after those that are waiting.${note}`,
        ...taken,
      };
    case "refused":
      throw new UserError(outcome.why);
    default:
      throw new UserError(t(REFUSALS[outcome.kind]));
  }
}
