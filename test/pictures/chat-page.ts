import { readFileSync } from "node:fs";
import MarkdownIt from "markdown-it";

/** A message as a picture shows it; the body is HTML. */
export interface PicturedMessage {
  readonly author: string;
  readonly isBot?: boolean;
  readonly time: string;
  /** Above the message, as what it answers. */
  readonly above?: string;
  readonly body: string;
  readonly reactions?: readonly (readonly [emoji: string, count: number])[];
  /** Below the message, for replies that one person alone sees. */
  readonly below?: string;
}

const markdownIt = new MarkdownIt({ breaks: true });

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

export const markdown = (text: string): string => markdownIt.render(text);

export const buttons = (html: readonly string[]): string => `<div class="row">${html.join("")}</div>`;
export const button = (label: string): string => `<span class="button">${escaped(label)}</span>`;
export const menu = (label: string): string => `<span class="button menu">${escaped(label)} <i>▾</i></span>`;

const icon = readFileSync("src/bot/web/http/page/icon.svg", "utf8");

function messageOf({ author, isBot, time, above, body, reactions = [], below }: PicturedMessage): string {
  const avatar = isBot ? icon : escaped(author.slice(0, 1));
  const shown = reactions.map(([emoji, count]) => `<span class="reaction">${emoji} ${count}</span>`);
  return `<article><div class="avatar${isBot ? "" : " person"}">${avatar}</div><div class="message">
    ${above === undefined ? "" : `<div class="above">${escaped(above)}</div>`}
    <header><b>${escaped(author)}</b>${isBot ? '<span class="app">APP</span>' : ""}<time>${escaped(time)}</time></header>
    ${body}
    ${shown.length > 0 ? buttons(shown) : ""}
    ${below === undefined ? "" : `<div class="below">${escaped(below)}</div>`}
  </div></article>`;
}

/** A page that looks like a channel. */
export const chatPage = (css: string, channel: string, messages: readonly PicturedMessage[]): string =>
  `<!doctype html><meta charset="utf-8"><style>${BASE}${css}</style>
  <main><div class="channel"># ${escaped(channel)}</div>${messages.map(messageOf).join("")}</main>`;

const FONT = readFileSync("node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", "base64");

const BASE = `
  @font-face { font-family: Inter; font-weight: 100 900; src: url(data:font/woff2;base64,${FONT}) }
  * { box-sizing: border-box }
  body { margin: 0; font: 15px/1.45 Inter, "Noto Color Emoji", sans-serif }
  main { padding: 0 0 16px }
  .channel { padding: 12px 20px; font-weight: 700; margin-bottom: 8px }
  article { display: flex; gap: 12px; padding: 8px 20px }
  .avatar { flex: none; width: 38px; height: 38px; border-radius: 8px; overflow: hidden }
  .avatar.person { display: grid; place-items: center; color: #fff; background: #7b5ea7; font-weight: 700 }
  .avatar svg { display: block }
  .message { min-width: 0; flex: 1 }
  header { display: flex; gap: 8px; align-items: baseline }
  time, .above, .below { font-size: 12px }
  .app { font-size: 10px; font-weight: 700; padding: 1px 4px; border-radius: 3px; align-self: center }
  p, ul, ol, h1, h2, h3, pre, table { margin: 4px 0 }
  h1, h2, h3 { font-size: 16px }
  ul, ol { padding-left: 22px }
  table { border-collapse: collapse; font-size: 14px }
  th, td { padding: 4px 12px; text-align: left }
  pre { padding: 10px 12px; border-radius: 6px; font-size: 13px; overflow: hidden }
  pre, code { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace }
  code { font-size: 12.5px; padding: 1px 4px; border-radius: 3px }
  pre code { padding: 0; background: none; border: 0; color: inherit }
  .row { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px }
  .button { padding: 4px 12px; border-radius: 6px; font-size: 13px; font-weight: 600 }
  .button i { font-style: normal; opacity: .7; margin-left: 6px }
  .reaction { font-size: 12px; padding: 2px 8px; border-radius: 10px }
`;
