import type { App } from "@slack/bolt";
import { z } from "zod";
import { MAX_OPTIONS, plain } from "../send/controls.js";
import { pickerOfId } from "../wire/pickers.js";
import { callOf, type DoorDeps } from "./doors.js";
import { memoSchema } from "./home.js";

const suggestionSchema = z.looseObject({
  action_id: z.string(),
  value: z
    .string()
    .nullish()
    .transform((typed) => typed ?? ""),
  user: z.looseObject({ id: z.string() }),
  channel: z.looseObject({ id: z.string() }).nullish(),
  view: z.looseObject({ private_metadata: z.string().nullish() }).nullish(),
});

/** Longest value of an option; a model whose name is longer has to be typed. */
const MAX_VALUE_CHARS = 150;

/** Selects that look their options up while a person types: from memory. */
export function listenForSuggestions(app: App, deps: DoorDeps): void {
  const { handlers, pickers } = deps;

  const optionsFor = async (body: unknown) => {
    const { data: asked } = suggestionSchema.safeParse(body);
    const picker = pickerOfId(asked?.action_id ?? "");
    const option = picker === undefined ? undefined : pickers.optionOf(picker);
    if (asked === undefined || picker === undefined || option === undefined) return [];
    const channel = asked.channel?.id ?? memoSchema.safeParse(asked.view?.private_metadata).data ?? "D";
    const call = await callOf(deps, { channel, user: asked.user.id, text: picker.prefix.replace(/\S+:$/, "").trim() });
    return handlers
      .onSuggest(call, option, asked.value)
      .filter(({ value }) => value.length <= MAX_VALUE_CHARS)
      .slice(0, MAX_OPTIONS)
      .map(({ label, value }) => ({ text: plain(label), value }));
  };
  app.options(/.*/, async ({ ack, body }) => {
    await ack({ options: await optionsFor(body) });
  });
}
