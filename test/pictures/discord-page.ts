import type { FakeLayout } from "../support/fake-discord-layout.js";
import { button, buttons, chatPage, markdown, menu, type PicturedMessage } from "./chat-page.js";

const CSS = `
  body { background: #313338; color: #dbdee1 }
  .channel { border-bottom: 1px solid #26272b; color: #f2f3f5 }
  header b { color: #f2f3f5; font-weight: 600 }
  time, .above, .below, small { color: #949ba4 }
  small { font-size: 12px }
  .avatar { border-radius: 50% }
  .app { background: #5865f2; color: #fff }
  code, pre { background: #2b2d31 }
  pre { border: 1px solid #1e1f22 }
  th, td { border: 1px solid #3f4147 }
  hr { border: 0; border-top: 1px solid #4a4c52; margin: 8px 0 }
  .button { background: #4e5058; color: #fff }
  .menu { background: #1e1f22; color: #b5bac1; flex: 1; display: flex; justify-content: space-between }
  .reaction { background: #2b2d31; border: 1px solid #3f4147 }
  .container { background: #2b2d31; border: 1px solid #3f4147; border-radius: 8px; padding: 10px 14px; margin-top: 4px }
  .time { background: #3c3e44; border-radius: 3px; padding: 0 2px }
`;

/** Discord's Markdown: time marks in the reader's words, small lines behind -#. */
const contentOf = (text: string, now: number): string =>
  markdown(text.replaceAll(/^-# (.+)$/gm, "SMALL$1LLAMS"))
    .replaceAll("SMALL", "<small>")
    .replaceAll("LLAMS", "</small>")
    .replaceAll(
      /&lt;t:(\d+):R&gt;/g,
      (_mark, seconds) => `<span class="time">${ago(Number(seconds) * 1000, now)}</span>`,
    );

function ago(at: number, now: number): string {
  const minutes = Math.round(Math.abs(now - at) / 60_000);
  const words = minutes === 0 ? "a few seconds" : minutes === 1 ? "a minute" : `${minutes} minutes`;
  return at <= now ? `${words} ago` : `in ${words}`;
}

/** What stands in a message: its content, and below it the components. https://discord.com/developers/docs/components */
export const discordBody = (content: string, components: readonly unknown[], now: number): string =>
  `${content === "" ? "" : contentOf(content, now)}${(components as readonly FakeLayout[]).map((each) => componentOf(each, now)).join("")}`;

function componentOf(
  { type, content = "", label = "", placeholder = "", components = [] }: FakeLayout,
  now: number,
): string {
  const inner = () => components.map((each) => componentOf(each, now));
  if (type === 1) return buttons(inner());
  if (type === 2) return button(label);
  if (type === 3) return menu(placeholder);
  if (type === 10) return contentOf(content, now);
  if (type === 14) return "<hr>";
  if (type === 17) return `<div class="container">${inner().join("")}</div>`;
  throw new Error(`The picture knows no component ${type}`);
}

export const discordReactions = (reactions: ReadonlyMap<string, ReadonlySet<string>>): PicturedMessage["reactions"] =>
  [...reactions].filter(([, { size }]) => size > 0).map(([emoji, { size }]) => [emoji, size] as const);

export const discordPage = (channel: string, messages: readonly PicturedMessage[]): string =>
  chatPage(CSS, channel, messages);
