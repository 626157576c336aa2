import type { Control, Reply } from "../../commands/command.js";
import type { CommandCall, PlatformHandlers } from "./platform.js";

/** Commands are lines, so that a line break keeps the two apart. */
const BREAK = "\n";

/** The controls of a panel, of which each knows the panel that it stands on. */
export function panelControls({ panel, controls = [] }: Reply): readonly Control[] {
  if (panel === undefined) return controls;
  const onPanel = <T extends { readonly command: string }>(entry: T): T => ({
    ...entry,
    command: `${entry.command}${BREAK}${panel}`,
  });
  return controls.map((control) =>
    "options" in control ? { ...control, options: control.options.map(onPanel) } : onPanel(control),
  );
}

/** The call of a control that is known to stand on a panel. */
export const onPanel = (call: CommandCall, panel: string): CommandCall => ({
  ...call,
  text: `${call.text.split(BREAK)[0]}${BREAK}${panel}`,
});

/** The panel that a pressed control's command stands on; undefined where it is none. */
export function panelOf(command: string): string | undefined {
  return command.split(BREAK)[1];
}

/**
 * Runs what was pressed. On a panel each of its replies stands above the panel as it is by then, so that one place
 * shows what came of it.
 */
export async function* press(handlers: Pick<PlatformHandlers, "onCommand">, call: CommandCall): AsyncGenerator<Reply> {
  const panel = panelOf(call.text);
  const replies = handlers.onCommand({ ...call, text: call.text.split(BREAK)[0] ?? "" });
  if (panel === undefined) return yield* replies;
  for await (const reply of replies) {
    const below = await last(handlers.onCommand({ ...call, text: panel }));
    yield below === undefined ? reply : { ...below, markdown: `${reply.markdown}\n\n${below.markdown}` };
  }
}

async function last(replies: AsyncIterable<Reply>): Promise<Reply | undefined> {
  let newest: Reply | undefined;
  for await (const reply of replies) newest = reply;
  return newest;
}
