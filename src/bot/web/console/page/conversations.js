import { call } from "/assets/shared/api.js";
import { byId, make } from "/assets/shared/elements.js";
import { plainWords } from "/assets/shared/texts.js";
import { agoWords } from "/assets/shared/time.js";
import { t } from "/assets/shared/translate.js";
import { createPagedTable } from "./paged-table.js";

/**
 * @import { ConversationRow, ConversationsView } from "../console.js"
 * @import { ConsoleState } from "./app.js"
 * @typedef {ConsoleState["affectedPins"]} AffectedPins
 */

/**
 * Which channel is pinned to what, read on demand, since there may be thousands; and how many are pinned to models that
 * are gone or retire, with a button that offers another one.
 * @param {{ offer(command: string, workspace: string): Promise<unknown> }} terms
 */
export function createConversations({ offer }) {
  const affected = byId("affected-pins");
  let shown = "[]";
  createPagedTable({
    body: byId("conversation-rows"),
    more: byId("more-conversations", HTMLButtonElement),
    columns: 7,
    empty: t`Nobody has asked anything yet.`,
    async read(from) {
      const query = from === undefined ? "" : `?before=${encodeURIComponent(from)}`;
      /** @type {ConversationsView} */
      const { conversations, before } = await call(`/api/console/conversations${query}`);
      return { rows: conversations.map(conversationRow), before };
    },
  });

  return {
    /** @param {AffectedPins} pins */
    showAffected(pins) {
      const key = JSON.stringify(pins);
      if (key === shown) return; // whoever is at a button stays there
      shown = key;
      affected.hidden = pins.length === 0;
      affected.replaceChildren(...pins.map((each) => affectedItem(each, offer)));
    },
  };
}

/**
 * @param {AffectedPins[number]} pins
 * @param {(command: string, workspace: string) => Promise<unknown>} offer
 */
function affectedItem({ workspace, line, offer: control }, offer) {
  const text = `⏳ ${workspace}: ${plainWords(line)} `;
  if (control === null) return make("li", {}, text);
  const button = make("button", { type: "button", className: "button small" }, control.label);
  button.addEventListener("click", async () => {
    button.disabled = true;
    await offer(control.command, workspace);
    button.disabled = false;
  });
  return make("li", {}, text, button);
}

/** @param {ConversationRow} conversation */
function conversationRow({ platform, workspace, channel, thread, pin, answeredAt }) {
  const now = Date.now();
  const cells = [
    platform,
    workspace,
    thread === undefined ? channel : t`${channel}, thread ${thread}`,
    pin === null ? t`the default` : `${pin.provider}/${pin.model}`,
    pin === null ? "–" : agoWords(pin.at, now),
    pin === null ? "–" : (pin.by ?? t`its first message`),
    answeredAt === null ? t`never` : agoWords(answeredAt, now),
  ];
  return make("tr", {}, ...cells.map((text) => make("td", {}, text)));
}
