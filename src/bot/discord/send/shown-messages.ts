import type { Reply } from "../../../commands/command.js";
import { type IdFor, type Rendered, renderedMessages } from "./render.js";

/** Where the messages of a reply go. */
export interface MessageDoor {
  /** Resolves with the message's id. @throws {PlatformError} */
  post(message: Rendered): Promise<string>;
  /** @throws {PlatformError} */
  edit(id: string, message: Rendered): Promise<void>;
  /** @throws {PlatformError} */
  remove(id: string): Promise<void>;
}

export interface ShownMessages {
  /** Replaces what was shown before, over as many messages as it takes. @throws {PlatformError} */
  show(reply: Reply): Promise<void>;
}

/** `first`: the message that is there already, to be replaced; `isLaidOut`: it consists of components, and stays so. */
export function createShownMessages(
  door: MessageDoor,
  { idFor, first, isLaidOut = false }: { idFor: IdFor; first?: string; isLaidOut?: boolean },
): ShownMessages {
  const shown = first === undefined ? [] : [first];
  let hasLayout = isLaidOut;
  return {
    async show(reply) {
      hasLayout ||= reply.panel !== undefined;
      const messages = await renderedMessages(reply, idFor, hasLayout);
      for (const [index, message] of messages.entries()) {
        const id = shown[index];
        if (id === undefined) shown.push(await door.post(message));
        else await door.edit(id, message);
      }
      for (const id of shown.splice(messages.length)) await door.remove(id);
    },
  };
}
