import { dayInWords } from "../../base/time.js";
import { t } from "../../languages/translate.js";
import type { ModelInfo } from "../../providers/provider.js";
import { type CatalogEntry, type Snapshot, stateOf } from "../../refresh/catalog/catalog-entry.js";
import { knownRow, type ModelRef, modelName, splitModel } from "../../refresh/choose/model-ref.js";
import { isRetiring, type SuccessorFacts, successorOf } from "../../refresh/choose/successor.js";
import type { SuccessorOffer } from "../../refresh/settings.js";
import type { Control } from "../command.js";
import type { AffectedPins, CommandDeps } from "../command-deps.js";
import { code } from "./markdown.js";

/** Where a model's name is cut; none is longer. */
const MAX_MODEL_CHARS = 250;

export interface OutlookFacts extends SuccessorFacts {
  /** All lists, whatever may be used. */
  readonly lists: Snapshot;
  /** What an operator has offered in place of a model, by its name. */
  readonly offers?: Readonly<Record<string, SuccessorOffer>> | undefined;
}

/** What is to be said of a pinned model that is gone or will be. */
export interface PinOutlook {
  /** What a session keeps of it, so that each change is said once. */
  readonly note: string;
  readonly line: string;
  /** One button that changes the pin. */
  readonly controls: readonly Control[];
}

/** Returns what is to be said of a pinned model; undefined where it is listed and stays. Pure: it moves nothing. */
export function pinOutlook(facts: OutlookFacts, pin: ModelRef): PinOutlook | undefined {
  const entry = facts.lists.providers.get(pin.provider);
  const name = modelName(pin);
  const offer = facts.offers?.[name];
  const row = knownRow(facts.lists, pin);
  const state = entry && stateOutlook(entry, pin, row, facts.now);
  if (state === undefined && offer === undefined) return undefined;
  const offered = offer === undefined ? undefined : splitModel(offer.successor);
  const successor = offered ?? successorOf(facts, pin, row);
  const shown = successor && code(modelName(successor), MAX_MODEL_CHARS);
  const parts = [
    state?.line,
    offer === undefined || shown === undefined
      ? undefined
      : t`An operator offers ${shown} in place of ${code(name, MAX_MODEL_CHARS)}.`,
    offer === undefined && shown !== undefined ? t`Its successor here: ${shown}.` : undefined,
  ];
  return {
    note: [state?.note ?? name, ...(offer === undefined ? [] : [t`offered ${offer.at}`])].join(" "),
    line: parts.filter((part) => part !== undefined).join(" "),
    controls:
      successor === undefined
        ? []
        : [{ label: t`Use ${modelName(successor)}`, command: `/models use ${modelName(successor)}` }],
  };
}

export type OutlookDeps = Pick<CommandDeps, "refresher" | "allowed" | "modelFacts" | "clock"> & {
  readonly settings: Pick<CommandDeps["settings"], "of">;
};

/** What is to be said now of a pinned model in a workspace. */
export function outlookIn(
  { refresher, allowed, modelFacts, settings, clock }: OutlookDeps,
  workspace: string,
  pin: ModelRef,
): PinOutlook | undefined {
  const { offers } = settings.of(workspace);
  const snapshot = allowed.snapshot(workspace);
  return pinOutlook({ lists: refresher.snapshot(), snapshot, modelFacts, offers, now: clock.now() }, pin);
}

function stateOutlook(entry: CatalogEntry, pin: ModelRef, row: ModelInfo | undefined, now: number) {
  const state = stateOf(entry, pin.model);
  const name = modelName(pin);
  const model = code(pin.model, MAX_MODEL_CHARS);
  if (state === "unlisted" || state === "retired") {
    return {
      note: `${name} ${state}`,
      line: t`ℹ️ ${pin.provider} no longer lists ${model}. It stays pinned here; \`/models list\` shows what there is.`,
    };
  }
  if (row?.retiresAt === undefined || !isRetiring(row, now)) return undefined;
  const day = dayInWords(row.retiresAt);
  return {
    note: `${name} retires ${row.retiresAt}`,
    line:
      row.retiresAt > now
        ? t`⏳ ${code(name, MAX_MODEL_CHARS)} retires on ${day}. It stays pinned here until somebody changes it.`
        : t`⏳ ${code(name, MAX_MODEL_CHARS)} was due to retire on ${day} and may stop any day. It stays pinned here.`,
  };
}

/** Returns "12 channels are pinned to `openai/gpt-4`, which retires on 14 Jan 2027." */
export function affectedLine({ model, channels, retiresAt }: AffectedPins): string {
  const what = retiresAt === undefined ? t`is no longer listed` : t`retires on ${dayInWords(retiresAt)}`;
  const who = channels === 1 ? t`1 channel is` : t`${channels} channels are`;
  return t`${who} pinned to ${code(model, 250)}, which ${what}.`;
}

/** Puts a button for the successor under the next answer of each; undefined where nothing takes the model's place. */
export const offerControl = ({
  model,
  successor,
}: AffectedPins): (Control & { readonly command: string }) | undefined =>
  successor === undefined
    ? undefined
    : { label: t`Offer ${successor} in all`, command: `/models offer ${model} ${successor}` };
