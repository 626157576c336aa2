import { make } from "/assets/shared/elements.js";

const KINDS = [
  { key: "appeared", sign: "+", words: "appeared" },
  { key: "returned", sign: "↩", words: "came back" },
  { key: "left", sign: "−", words: "left" },
];

/** Which models came and went, day by day. */
export function showChanges(element, changes) {
  if (changes.length === 0) {
    element.replaceChildren(make("p", { className: "empty" }, "No list has changed in the last 30 days."));
    return;
  }
  element.replaceChildren(
    ...changes.map((change) =>
      make(
        "article",
        { className: "change" },
        make("h3", {}, `${change.day} · ${change.provider}`),
        ...KINDS.flatMap((kind) => line(kind, change[kind.key])),
      ),
    ),
  );
}

function line({ sign, words, key }, { models, more }) {
  if (models.length === 0) return [];
  const rest = more === 0 ? "" : ` and ${more} more`;
  return [
    make(
      "p",
      { className: `change-line ${key}` },
      make("span", { className: "change-sign", "aria-hidden": "true" }, sign),
      make("span", {}, `${words}: ${models.join(", ")}${rest}`),
    ),
  ];
}
