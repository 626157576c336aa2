import { describe, expect, it } from "vitest";
import { palette, tones } from "../../../src/usage/chart/chart-options.js";

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

describe("palette", () => {
  it("keeps text and bars apart from the card", () => {
    for (const text of [palette.text, palette.quiet]) expect(contrast(text, palette.card)).toBeGreaterThan(4.5);
    for (const tone of Object.values(tones)) expect(contrast(tone, palette.card)).toBeGreaterThan(3);
  });

  it("keeps the tones apart by lightness alone", () => {
    expect(contrast(tones.main, tones.faded)).toBeGreaterThan(1.25);
    expect(contrast(tones.main, tones.accent)).toBeGreaterThan(1.25);
  });
});
