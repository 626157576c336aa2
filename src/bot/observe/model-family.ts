/** A closed set, so that a model's name never makes a label of its own; the first that fits. */
const FAMILIES: readonly (readonly [family: string, shape: RegExp])[] = [
  ["claude", /claude/],
  ["gemini", /gemini/],
  ["gemma", /gemma/],
  ["gpt", /gpt|^o\d|\/o\d|codex/],
  ["deepseek", /deepseek/],
  ["llama", /llama/],
  ["mistral", /mi[sx]tral|ministral|magistral|codestral|devstral|pixtral/],
  ["qwen", /qwen|qwq/],
  ["grok", /grok/],
  ["kimi", /kimi|moonshot/],
  ["glm", /glm/],
  ["phi", /(^|\/)phi/],
  ["command", /command/],
  ["nova", /nova/],
  ["evergreen", /evergreen/],
];

/** What the metrics call a model: its family, "other" where it is of none that is known, "none" where there is no model. */
export function modelFamily(model: string | null): string {
  if (model === null) return "none";
  const name = model.toLowerCase();
  return FAMILIES.find(([, shape]) => shape.test(name))?.[0] ?? "other";
}
