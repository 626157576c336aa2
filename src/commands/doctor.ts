import { t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { escapeInline } from "./wording/markdown.js";

/** A vendor's own words may be in it. */
const MAX_LINE_CHARS = 400;

/** The least that a message of any platform's panels takes is 4,000. */
const MAX_CHARS = 3_800;

export const doctor = (deps: CommandDeps) =>
  defineCommand({
    path: "doctor",
    about: "Check the store, every provider's key and every platform, like `npm run doctor`",
    access: "operator",
    visibility: "ephemeral",
    options: {},
    async *run() {
      const lines: string[] = [];
      const shown = (end: string) => [...lines, end].join("\n").slice(-MAX_CHARS);
      yield { markdown: shown(t`🩺 Checking…`) };
      for await (const line of deps.checks()) {
        lines.push(escapeInline(line, MAX_LINE_CHARS));
        yield { markdown: shown(t`🩺 Checking…`) };
      }
      const faults = lines.filter((line) => line.startsWith("✗")).length;
      yield {
        markdown: shown(
          faults === 0 ? t`Everything works.` : t`To fix: ${faults}. After a change in \`.env\`, restart.`,
        ),
        ...(faults > 0 && { isFailure: true }),
      };
    },
  });
