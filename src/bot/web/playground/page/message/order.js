/**
 * @import { MessageFacts } from "./message.js"
 */

const QUOTED_CHARS = 120;

/**
 * What depends on where messages stand: which answer is the last, which answers do not follow their question, and which
 * message is the first of the conversation that is sent to the model.
 * @param {readonly MessageFacts[]} messages
 */
export function orderOf(messages) {
  // Ids sort by time; earlier messages are read later.
  const said = messages.filter(({ isEphemeral }) => isEphemeral !== true).sort((a, b) => (a.id < b.id ? -1 : 1));
  const lastQuestion = said.findLast(({ author }) => author === "user");
  const lastAnswer = said.findLast(({ author, replyTo }) => author === "bot" && replyTo === lastQuestion?.id);
  /** @type {Map<string, string>} */
  const quotes = new Map();
  const byId = new Map(said.map((message) => [message.id, message]));
  said.forEach(({ id, replyTo }, index) => {
    if (replyTo === undefined) return;
    const before = said[index - 1];
    const question = byId.get(replyTo);
    if (question === undefined || before?.id === replyTo || before?.replyTo === replyTo) return;
    quotes.set(id, question.text.length > QUOTED_CHARS ? `${question.text.slice(0, QUOTED_CHARS)}…` : question.text);
  });
  // An edited question takes the place of an earlier one, and of its answer.
  const replaced = new Set(said.map(({ replaces }) => replaces).filter((id) => id !== undefined));
  /** @param {MessageFacts} message */
  const isReplaced = ({ id, replyTo = "" }) => replaced.has(id) || replaced.has(replyTo);
  /** @param {number} time epoch ms */
  const firstSince = (time) => said.find(({ at = 0 }) => at >= time)?.id;
  return { lastQuestion, lastAnswer: lastAnswer?.id, quotes, isReplaced, firstSince };
}
