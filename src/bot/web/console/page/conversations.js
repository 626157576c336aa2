import { call } from "/assets/shared/api.js";
import { byId, make, messageOf } from "/assets/shared/elements.js";
import { agoWords } from "/assets/shared/time.js";

/** @import { ConversationRow, ConversationsView } from "../conversations.js" */

/** Which channel is pinned to what; read on demand, since there may be thousands. */
export function createConversations() {
  const body = byId("conversation-rows");
  const more = byId("more-conversations", HTMLButtonElement);
  /** @type {string | undefined} */
  let before;

  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const query = before === undefined ? "" : `?before=${encodeURIComponent(before)}`;
      /** @type {ConversationsView} */
      const page = await call(`/api/console/conversations${query}`);
      if (before === undefined) body.replaceChildren();
      body.append(...page.conversations.map(conversationRow));
      if (body.childElementCount === 0) body.append(wideRow("Nobody has asked anything yet."));
      before = page.before;
      more.textContent = before === undefined ? "Read again" : "Show more";
    } catch (error) {
      body.append(wideRow(messageOf(error)));
    } finally {
      more.disabled = false;
    }
  });
}

/** @param {string} text */
const wideRow = (text) => make("tr", {}, make("td", { colSpan: 7, className: "empty" }, text));

/** @param {ConversationRow} conversation */
function conversationRow({ platform, workspace, channel, thread, pin, answeredAt }) {
  const now = Date.now();
  const cells = [
    platform,
    workspace,
    thread === undefined ? channel : `${channel}, thread ${thread}`,
    pin === null ? "the default" : `${pin.provider}/${pin.model}`,
    pin === null ? "–" : agoWords(pin.at, now),
    pin === null ? "–" : (pin.by ?? "its first message"),
    answeredAt === null ? "never" : agoWords(answeredAt, now),
  ];
  return make("tr", {}, ...cells.map((text) => make("td", {}, text)));
}
