/** Translations by the English texts, in the language that the browser asked for; the server puts them in here. */
/** @type {Readonly<Record<string, string>>} */
export const MESSAGES = {};
