import { unescaped } from "../wire/escape.js";

/**
 * A message as its author typed it: without the mention of the bot, links and channels as they read on the screen.
 * Mentions of others keep their id, as "@U1": the bot does not ask for the names of people who said nothing to it.
 */
export function readMentionText(text: string, botUserId: string): string {
  return unescaped(
    text
      .replaceAll(new RegExp(`<@${botUserId}(\\|[^>]*)?>[:,]?[ \\t]*`, "g"), "")
      .replaceAll(/<([^<>\s|]+)(?:\|([^<>]*))?>/g, (_token, target: string, label: string | undefined) =>
        tokenInWords(target, label),
      ),
  ).trim();
}

function tokenInWords(target: string, label: string | undefined): string {
  const kind = target[0];
  if (kind === "@") return `@${label || target.slice(1)}`;
  if (kind === "#") return `#${label || target.slice(1)}`;
  if (kind === "!") return specialInWords(target.slice(1), label);
  const address = target.replace(/^mailto:|^tel:/, "");
  // A name that Slack itself made of the address ("example.com" for https://example.com) says nothing more.
  if (!label || address.includes(label)) return address;
  return `${label} (${address})`;
}

function specialInWords(special: string, label: string | undefined): string {
  const [name = "", ...rest] = special.split("^");
  if (label) return name === "subteam" ? `@${label.replace(/^@/, "")}` : label;
  return name === "date" ? (rest[0] ?? "") : `@${name === "subteam" ? (rest[0] ?? "") : name}`;
}
