/** The language that the browser asked for, as BCP 47 has it; the server puts it and its texts in here. */
export const LANGUAGE = "en";

/** Translations by the English texts. @type {Readonly<Record<string, string>>} */
export const MESSAGES = {};
