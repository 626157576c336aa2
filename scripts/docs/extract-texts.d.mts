export interface FoundText {
  readonly kind: "text" | "error" | "log" | "setting";
  readonly text: string;
}
export function extractTexts(code: string): FoundText[];
export function extractHtmlTexts(html: string): FoundText[];
export function foldedPart(part: string): string;
