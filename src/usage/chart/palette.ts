import type { Tone } from "./chart.js";

/**
 * The chart brings its own dark card, so that it reads the same on a dark and on a light theme; the corners around it
 * are transparent. Every text has a contrast of at least 4.5 with the card, every bar one of 3 (WCAG 2.2, 1.4.3,
 * 1.4.11).
 */
export const palette = { card: "#23262d", text: "#f2f3f5", quiet: "#b5bac1", grid: "#3a3e47" } as const;

export const tones: Readonly<Record<Tone, string>> = { main: "#58a6ff", faded: "#a9d1ff", accent: "#ffb454" };
