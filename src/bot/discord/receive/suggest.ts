import type { Choice } from "../../../commands/command.js";
import type { DiscordRest } from "../send/rest.js";
import type { InteractionEvent } from "../wire/events.js";
import { nativeCall } from "./native-call.js";

const AUTOCOMPLETE_RESULT = 8;
const MAX_CHOICES = 25;
const MAX_CHARS = 100;
/** After 3 s Discord has given up. */
const TIMEOUT_MS = 2_500;

/** Answers what a person has typed so far, from memory: nothing is awaited before it is sent. @throws {PlatformError} */
export async function suggest(
  rest: DiscordRest,
  { id, token, data }: Extract<InteractionEvent, { type: 4 }>,
  choicesFor: (option: string, typed: string) => readonly Choice[],
): Promise<void> {
  const focused = nativeCall(data).options.find((option) => option.focused);
  const found = focused === undefined ? [] : choicesFor(focused.name, String(focused.value ?? ""));
  const choices = found
    .filter(({ value }) => value.length > 0 && value.length <= MAX_CHARS)
    .slice(0, MAX_CHOICES)
    .map(({ label, value }) => ({ name: named(label === "" ? value : label), value }));
  await rest.call("POST", `/interactions/${id}/${token}/callback`, {
    what: "answering autocomplete",
    body: { type: AUTOCOMPLETE_RESULT, data: { choices } },
    isWithoutToken: true,
    timeoutMs: TIMEOUT_MS,
  });
}

const named = (label: string) => (label.length <= MAX_CHARS ? label : `${label.slice(0, MAX_CHARS - 1)}…`);
