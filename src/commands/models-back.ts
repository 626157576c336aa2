import { UserError } from "../base/errors.js";
import { t } from "../languages/translate.js";
import { withoutDetour } from "../quota/fallback/route.js";
import { type ModelRef, modelName } from "../refresh/choose/model-ref.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { pinAudited } from "./pin-audited.js";
import { switchingAccess } from "./settings-switching.js";
import { escapeInline } from "./wording/markdown.js";
import { untilText } from "./wording/quota-text.js";

/** A provider's id of 32 characters, a slash, and a model's id of 200. */
export const MAX_NAME_CHARS = 233;

export const modelsBack = (deps: CommandDeps) =>
  defineCommand({
    path: "models back",
    about: "Let the pinned model answer the next question, even if its quota is used up",
    access: "anyone",
    accessFor: switchingAccess(deps),
    isForChatters: true,
    visibility: "ephemeral",
    options: {
      model: {
        kind: "word",
        about: "the pinned model; set by the button under an answer",
        maxChars: MAX_NAME_CHARS,
      },
    },
    async *run({ model: offered }, invocation) {
      const { conversation } = invocation;
      const { pin, detour } = await deps.sessions.get(conversation);
      if (pin === null) throw new UserError(t`No model is pinned here, so there is none to go back to.`);
      requirePinned(pin, offered);
      await deps.sessions.change(
        conversation,
        (before) => ({ ...withoutDetour(before), triesPin: true as const }),
        pinAudited(deps, invocation),
      );
      const name = `**${escapeInline(modelName(pin), 250)}**`;
      const { out } = deps.quota.ofModel(pin);
      const isOver = out?.window.source === "budget";
      const until = out?.renewsAt === undefined ? t`it renews` : untilText(out.renewsAt, deps.clock.now());
      yield {
        markdown: [
          detour === undefined ? t`${name} stays.` : t`↩️ Back to ${name}.`,
          isOver
            ? t`Its budget, set by the bot's host, is used up, so it can't answer until ${until}.`
            : t`The next question goes to it, even if its quota is used up.`,
        ].join(" "),
        ...(offered !== undefined && { dropsControls: true as const }),
      };
    },
  });

/** @throws {UserError} where the pin is another one than when the control was shown */
export function requirePinned(pin: ModelRef, offered: string | undefined): void {
  if (offered === undefined || offered === modelName(pin)) return;
  const name = escapeInline(modelName(pin), 250);
  throw new UserError(t`This conversation is pinned to **${name}** now, so nothing was changed.`);
}
