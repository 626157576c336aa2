import { UserError } from "../base/errors.js";
import { t } from "../languages/translate.js";
import { detourFor, isDetourOf, maySwitch, withDetour } from "../quota/fallback/route.js";
import type { QuotaState } from "../quota/quota.js";
import { type ModelRef, modelName } from "../refresh/choose/model-ref.js";
import type { Detour, Pin, Session } from "../store/sessions/sessions.js";
import { chooseModel } from "./choose-model.js";
import { defineCommand, type Invocation } from "./command.js";
import type { CommandDeps, RetryOutcome } from "./command-deps.js";
import { MAX_NAME_CHARS, requirePinned } from "./models-back.js";
import { pinAudited } from "./pin-audited.js";
import { detourText } from "./pin-text.js";
import { switchingAccess } from "./settings-switching.js";
import { escapeInline } from "./wording/markdown.js";

export const modelsDetour = (deps: CommandDeps) =>
  defineCommand({
    path: "models detour",
    about: "Let another model answer until the pinned one's quota renews; the pin stays",
    access: "anyone",
    accessFor: switchingAccess(deps),
    isForChatters: true,
    visibility: "ephemeral",
    options: {
      model: { kind: "word", about: "provider/model, like openai/gpt-5", maxChars: MAX_NAME_CHARS, isRequired: true },
      pinned: {
        kind: "word",
        about: "the pinned model; set by the button under an answer",
        maxChars: MAX_NAME_CHARS,
      },
    },
    async *run({ model: typed, pinned }, invocation) {
      const session = await deps.sessions.get(invocation.conversation);
      const { pin } = session;
      if (pin === null) throw new UserError(t`No model is pinned here yet: choose one with \`/models use\`.`);
      requirePinned(pin, pinned);
      const chosen = chooseModel(deps, typed, "/models detour", invocation.workspace);
      if (chosen.kind === "asked-back") return yield chosen.reply;
      const now = deps.clock.now();
      const running = session.detour !== undefined && isDetourOf(session.detour, pin, now) ? session.detour : undefined;
      const isRunning = running !== undefined && modelName(running) === modelName(chosen.model);
      const detour = isRunning ? running : await begin(deps, invocation, { session, pin, model: chosen.model });
      const retried = isRunning ? "" : retryWords(await deps.turns.retry(invocation));
      yield {
        markdown: `${detourText(detour, pin, now)}${retried}${isRunning ? "" : chosen.note}`,
        dropsControls: true,
      };
    },
  });

/** Stores a new detour. @throws {UserError} where none may begin @throws {StoreError} */
async function begin(
  deps: CommandDeps,
  invocation: Invocation,
  terms: { readonly session: Session; readonly pin: Pin; readonly model: ModelRef },
): Promise<Detour> {
  const { session, pin, model } = terms;
  const now = deps.clock.now();
  const cause = requireCause(deps, invocation, { pin, model });
  if (!maySwitch(session, cause, now)) {
    throw new UserError(
      t`Another model has already stood in here for this quota, and only one switch is allowed. Nothing was
        changed; \`/models use\` changes the model permanently.`,
    );
  }
  const detour = detourFor(cause, model, { pin, by: invocation.user.name, now });
  const after = await deps.sessions.change(
    invocation.conversation,
    (before) => (before.pin?.at === pin.at ? withDetour(before, detour) : before),
    pinAudited(deps, invocation),
  );
  if (after.detour?.at !== detour.at)
    throw new UserError(t`Somebody changed this conversation's model just now, so nothing was changed.`);
  return detour;
}

/** The quota that the pinned model is short of. @throws {UserError} where it is not, or the other is as well */
function requireCause(
  { quota, settings }: CommandDeps,
  { workspace }: Invocation,
  { pin, model }: { readonly pin: Pin; readonly model: ModelRef },
): QuotaState {
  if (settings.of(workspace).fallback?.mode === "off") {
    throw new UserError(t`Answers by other models are switched off in this workspace (\`/settings fallback\`).`);
  }
  const { out, risk } = quota.ofModel(pin);
  const cause = out ?? risk;
  if (cause === undefined) {
    const name = escapeInline(modelName(pin), 250);
    throw new UserError(t`**${name}** has quota again, so nothing was changed: it answers as before.`);
  }
  const own = quota.ofModel(model);
  if (own.out === undefined && own.risk === undefined) return cause;
  const name = escapeInline(modelName(model), 250);
  throw new UserError(t`**${name}** is now out of quota, too. Nothing was changed.`);
}

function retryWords(outcome: RetryOutcome): string {
  switch (outcome.kind) {
    case "started":
      return t` The last question is answered again.`;
    case "waiting":
      return t` The last question will be answered again, after those that are waiting.`;
    case "not-yours":
      return t` The person who asked the last question can have it answered again.`;
    case "refused":
      return ` ${outcome.why}`;
    default:
      return "";
  }
}
