import { UserError } from "../base/errors.js";
import { type Phrase, phrase, t } from "../languages/translate.js";
import { type ModelRef, modelName } from "../refresh/choose/model-ref.js";
import { chooseModel, modelOption, suggestModelChoices } from "./choose-model.js";
import { defineCommand, type Invocation, type Reply } from "./command.js";
import type { CommandDeps, CompareOutcome } from "./command-deps.js";
import { quoted } from "./grammar/tokens.js";
import { othersBelow, targetThread } from "./threads.js";
import { code } from "./wording/markdown.js";

const REFUSALS: Readonly<Record<Exclude<CompareOutcome["kind"], "started" | "refused">, Phrase>> = {
  "nothing-asked": phrase`There is no question here yet that other models could answer. Ask one first.`,
  already: phrase`A comparison is being answered here already. \`/chat stop\` ends it.`,
};

const MAX_NAME_CHARS = 250;
const model = { kind: "word", isSuggested: true, about: modelOption.about, maxChars: modelOption.maxChars } as const;

export const chatCompare = (deps: CommandDeps) =>
  defineCommand({
    path: "chat compare",
    about: "Have one or two other models answer the last question too, and choose which to continue with",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {
      model: { ...model, isRequired: true },
      other: { ...model, about: "a second model" },
    },
    async *run({ model: typed, other }, invocation) {
      const chosen = chosenModels(deps, [typed, ...(other === undefined ? [] : [other])], invocation);
      if (chosen.kind === "asked-back") return yield chosen.reply;
      const target = await targetThread(deps, invocation);
      if (target === undefined) {
        const command = ["/chat compare", ...chosen.models.map((each) => quoted(modelName(each)))].join(" ");
        return yield await othersBelow(deps, invocation, t`Compare `, command);
      }
      yield replyTo(await deps.turns.compare(target, chosen.models), chosen.notes);
    },
    suggest: (_option, typed, invocation) => suggestModelChoices(deps, typed, invocation),
  });

type ChosenModels =
  | { readonly kind: "chosen"; readonly models: readonly ModelRef[]; readonly notes: string }
  | { readonly kind: "asked-back"; readonly reply: Reply };

/** @throws {UserError} where two are the same, or a rule keeps one out */
function chosenModels(deps: CommandDeps, typed: readonly string[], { workspace }: Invocation): ChosenModels {
  const models: ModelRef[] = [];
  let notes = "";
  for (const [index, name] of typed.entries()) {
    // Their order says nothing, so that a choice for one of them can follow the other.
    const others = typed.filter((_, at) => at !== index).map(quoted);
    const chosen = chooseModel(deps, name, ["/chat compare", ...others].join(" "), workspace);
    if (chosen.kind === "asked-back") return chosen;
    models.push(chosen.model);
    notes += chosen.note;
  }
  const names = models.map(modelName);
  const [first = ""] = names;
  if (new Set(names).size < names.length)
    throw new UserError(t`Both are ${code(first, MAX_NAME_CHARS)}. Name two different models, or only one.`);
  return { kind: "chosen", models, notes };
}

function replyTo(outcome: CompareOutcome, notes: string): Reply {
  if (outcome.kind === "refused") throw new UserError(outcome.why);
  if (outcome.kind !== "started") throw new UserError(t(REFUSALS[outcome.kind]));
  const { models, link, fault } = outcome;
  const names = models.map((each) => code(modelName(each), MAX_NAME_CHARS)).join(t` and `);
  const where = link === undefined ? "" : t` in ${link}`;
  return {
    markdown: [
      models.length === 1
        ? t`⚖️ ${names} answers the last question too${where}. \`Use … here\` under an answer continues with
          it.${notes}`
        : t`⚖️ ${names} answer the last question too${where}. \`Use … here\` under an answer continues with
          it.${notes}`,
      ...(fault === undefined ? [] : [fault]),
    ].join("\n"),
  };
}
