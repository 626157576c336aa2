import { either } from "../../base/text.js";
import type { Command } from "../command.js";
import type { Option } from "../options.js";
import { code } from "../wording/wording.js";

/** How a command is typed: "/models list [provider] [search]". */
export function usageOf(command: Command): string {
  const names = Object.entries(command.options).map(([name, option]) =>
    option.isRequired ? name.toUpperCase() : `[${name}]`,
  );
  return [`/${command.path}`, ...names].join(" ");
}

/** What an option takes: "`on` or `off`", "1, 3, 5, 10, 15 or `smart`". */
export function takesOf(option: Option): string {
  if (option.kind === "flag") return "`on` or `off`";
  if (option.kind === "word") return option.takes?.() ?? option.about;
  if (option.kind === "text") return option.about;
  const named = (isAside: boolean) =>
    option.values
      .filter((choice) => (choice.isAside ?? false) === isAside)
      .map(({ value }) => (/^\d+$/.test(value) ? value : code(value)));
  const asides = named(true);
  return `${either(named(false))}${asides.length > 0 ? ` (or ${either(asides)})` : ""}`;
}

/** What a command takes after its name, as a sentence. */
export function takesSentence(command: Command): string {
  const takes = Object.values(command.options).map(takesOf);
  return takes.length === 0
    ? `${code(`/${command.path}`)} takes nothing after its name.`
    : `${code(`/${command.path}`)} takes ${takes.join("; ")}.`;
}
