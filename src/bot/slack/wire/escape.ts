/** For `text` and mrkdwn: nothing in it becomes a mention, a link or a date. */
export const escapeMrkdwn = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * For markdown blocks: Slack reads `<!channel>` and `<@U1>` there too. Only the opening bracket: an escaped ampersand
 * would corrupt the addresses of links, and an escaped ">" the quotes.
 */
export const escapeMarkdown = (text: string): string => text.replaceAll("<", "&lt;");

/** What a person typed, of a text that Slack has escaped. */
export const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
