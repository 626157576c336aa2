import type { FoundText } from "./extract-texts.mjs";

export function collectTexts(folder: string): (FoundText & { readonly file: string })[];
export function textsPage(folder: string): string;
