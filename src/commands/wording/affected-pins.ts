import { dayInWords } from "../../base/time.js";
import { t } from "../../languages/translate.js";
import type { Control } from "../command.js";
import type { AffectedPins } from "../command-deps.js";
import { code } from "./markdown.js";

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
