/** A point in time (epoch ms) inside Markdown; every platform shows it in its own way, in the reader's zone. */
export const timeMark = (at: number): string => `<t:${Math.floor(at / 1000)}:R>`;

/** Replaces every time mark; `show` gets epoch ms, cut to whole seconds. */
export const showTimes = (markdown: string, show: (at: number) => string): string =>
  markdown.replace(/<t:(\d{1,12}):R>/g, (_mark, seconds: string) => show(Number(seconds) * 1000));
