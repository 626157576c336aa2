import { t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { chooseModel, modelOption, suggestModelChoices } from "./choose-model.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

/** The latest are kept. */
const MAX_OFFERS = 50;

export const modelsOffer = (deps: CommandDeps) =>
  defineCommand({
    path: "models offer",
    about: "Offer a replacement model under the next answer of each conversation pinned to the old one",
    access: "operator",
    visibility: "ephemeral",
    options: {
      pinned: { kind: "word", about: "the model that is pinned, like openai/gpt-4", maxChars: 233, isRequired: true },
      model: { ...modelOption, about: "the model to offer", isRequired: true },
    },
    async *run({ pinned, model: typed }, invocation) {
      const { workspace } = invocation;
      const chosen = chooseModel(deps, typed, `/models offer ${pinned}`, workspace);
      if (chosen.kind === "asked-back") return yield chosen.reply;
      const successor = modelName(chosen.model);
      await deps.settings.change(
        workspace,
        ({ offers = {}, ...rest }) => {
          const { [pinned]: _before, ...others } = offers;
          const kept = Object.entries(others).sort(([, a], [, b]) => b.at - a.at);
          return {
            ...rest,
            offers: Object.fromEntries([
              [pinned, { successor, at: deps.clock.now() }],
              ...kept.slice(0, MAX_OFFERS - 1),
            ]),
          };
        },
        audited(deps.audit, invocation),
      );
      yield {
        markdown: t`${code(successor, 250)} is offered with a button under the next answer of each conversation
          here that is pinned to ${code(pinned, 250)}. No conversation switches by itself.${chosen.note}`,
      };
    },
    suggest: (option, typed, invocation) => (option === "model" ? suggestModelChoices(deps, typed, invocation) : []),
  });
