import { phrase } from "../languages/translate.js";
import { modelName } from "../refresh/choose/model-ref.js";
import type { AuditedChange } from "../store/audit.js";
import type { Session } from "../store/sessions/sessions.js";
import type { Write } from "../store/store.js";
import type { Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

/** Makes the row of the record for what a person changed of a conversation's model. */
export const pinAudited =
  ({ audit }: Pick<CommandDeps, "audit">, invocation: Invocation) =>
  (before: Session, after: Session): readonly Write[] =>
    audit.writesOf(
      invocation,
      "model",
      ...changeOf("pin", before.pin, after.pin),
      ...changeOf("detour", before.detour, after.detour),
      ...(after.triesPin && !before.triesPin
        ? [{ what: "pin", after: phrase`tried with the next question`.english }]
        : []),
    );

type Chosen = { readonly provider: string; readonly model: string; readonly at: number } | null | undefined;

/** A choice that is made again counts, though it is of the same model. */
function changeOf(what: string, before: Chosen, after: Chosen): readonly AuditedChange[] {
  if (before?.at === after?.at) return [];
  return [{ what, ...(before && { before: modelName(before) }), ...(after && { after: modelName(after) }) }];
}
