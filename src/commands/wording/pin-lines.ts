import { AppError } from "../../base/errors.js";
import { timeMark } from "../../base/time.js";
import type { CommandDeps } from "../command-deps.js";
import { modelName } from "../model-in-force.js";
import { plain } from "./wording.js";

/** Since when a conversation has its model, and by whom; nothing where the store does not tell: the rest is worth showing. */
export async function pinLines(
  { sessions }: Pick<CommandDeps, "sessions">,
  conversation: string,
): Promise<readonly string[]> {
  try {
    const { pin } = await sessions.get(conversation);
    if (pin === null) return [];
    const by = pin.by === null ? "as the default then in force" : `by ${plain(pin.by)}`;
    return [`📌 Pinned here since ${timeMark(pin.at)}, ${by}: **${plain(modelName(pin), 250)}**`];
  } catch (error) {
    if (error instanceof AppError && error.code === "store") return [];
    throw error;
  }
}
