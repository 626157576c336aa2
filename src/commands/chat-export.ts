import { plural } from "../base/text.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { exportJson, exportMarkdown } from "./wording/export-text.js";

/** Discord takes files of 10 MiB in a server without boosts; two of them share it. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

export const chatExport = ({ sessions, clock }: CommandDeps) =>
  defineCommand({
    path: "chat export",
    about: "Get this conversation as Markdown and as JSON",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run(_args, { conversation }) {
      const session = await sessions.get(conversation);
      const turns = await sessions.allTurns(conversation);
      if (turns.length === 0) {
        yield { markdown: "Nothing has been said in this conversation yet." };
        return;
      }
      const facts = { conversation, session, exportedAt: clock.now() };
      // The newest are worth more than the oldest.
      let from = 0;
      const files = () => {
        const kept = { ...facts, turns: turns.slice(from), leftOut: from };
        return [exportMarkdown(kept), exportJson(kept)].map((text) => new TextEncoder().encode(text));
      };
      let [markdown, json] = files();
      while ([markdown, json].some((bytes) => (bytes?.length ?? 0) > MAX_FILE_BYTES) && from < turns.length - 1) {
        from += Math.ceil((turns.length - from) / 4);
        [markdown, json] = files();
      }
      const kept = turns.length - from;
      yield {
        markdown: `📄 ${plural(kept, "question")} with the answers, as Markdown and as JSON.${from === 0 ? "" : ` The ${from} oldest did not fit.`}`,
        files: [
          { name: "conversation.md", bytes: markdown ?? new Uint8Array(), alt: "The conversation as Markdown" },
          { name: "conversation.json", bytes: json ?? new Uint8Array(), alt: "The conversation as JSON" },
        ],
      };
    },
  });
