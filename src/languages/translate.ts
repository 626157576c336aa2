import { AsyncLocalStorage } from "node:async_hooks";

/** A language that readers can choose, and its translations; English has none, as it is the source. */
export interface Language {
  /** BCP 47 code of the language: "de", "pt-BR". */
  readonly code: string;
  /** Name of the language in that language: "Deutsch". */
  readonly name: string;
  /** In English: "German". */
  readonly englishName: string;
  /** Returns a message's translation by its English text; undefined where it has none. Reads its file at first use. */
  translationOf(message: string): string | undefined;
}

/**
 * The language in force, unset while it is English. While nobody reads another language nothing is ever run in it:
 * once it is in use, Node 20 makes every promise slower.
 */
const inForce = new AsyncLocalStorage<Language | undefined>();

/** The code of the language in force, for numbers and dates. */
export const localeInForce = (): string => inForce.getStore()?.code ?? "en";

/** The code of the language in force for dates; the English is British, which puts days first. */
export const dateLocaleInForce = (): string => inForce.getStore()?.code ?? "en-GB";

/** Runs `work`, and everything that it begins, in a language; undefined is English. */
export const inLanguage = <T>(language: Language | undefined, work: () => T): T =>
  language === inForce.getStore() ? work() : inForce.run(language, work);

/** Runs every step of a generator in a language, whoever asks for the next one. */
export function eachInLanguage<T>(language: Language | undefined, make: () => AsyncGenerator<T>): AsyncGenerator<T> {
  return language === inForce.getStore() ? make() : stepsIn(language, make);
}

async function* stepsIn<T>(language: Language | undefined, make: () => AsyncGenerator<T>): AsyncGenerator<T> {
  const steps = make();
  try {
    for (;;) {
      const step = await inLanguage(language, () => steps.next());
      if (step.done) return;
      yield step.value;
    }
  } finally {
    await inLanguage(language, () => steps.return(undefined));
  }
}

type Value = Said | number;

/** A text that is written down once and said later, in the language in force then: as a string it is translated. */
export class Phrase {
  readonly #template: Template;
  readonly #values: readonly Value[];

  constructor(template: Template, values: readonly Value[]) {
    this.#template = template;
    this.#values = values;
  }

  toString(): string {
    return said(this.#template, this.#values);
  }

  toJSON(): string {
    return this.toString();
  }

  /** The text in English, to be stored or compared. */
  get english(): string {
    return inLanguage(undefined, () => this.toString());
  }
}

/** A text, or one that is translated where it is used. */
export type Said = string | Phrase;

/** Marks a constant text as one that people read. */
export const phrase = (strings: TemplateStringsArray, ...values: readonly Value[]): Phrase =>
  new Phrase(templateOf(strings), values);

/**
 * Writes a text in the language in force: t`Stopped by ${name}.` is looked up as "Stopped by {0}."; without a
 * translation it is the English one. A line break that is followed by indentation stands for a space.
 */
export function t(text: TemplateStringsArray | Said, ...values: readonly Value[]): string {
  if (text instanceof Phrase) return text.toString();
  if (typeof text === "string") return inForce.getStore()?.translationOf(text) ?? text;
  return said(templateOf(text), values);
}

function said({ key, parts }: Template, values: readonly Value[]): string {
  const translation = inForce.getStore()?.translationOf(key);
  if (translation !== undefined) return filled(translation, values);
  return parts.reduce((sum, part, index) => sum + values[index - 1] + part);
}

/** "1 model", "2 models", "0 models": the form that the language in force has for a number. */
export function plural(count: number, one: string, many = `${one}s`): string {
  const language = inForce.getStore();
  const forms = language?.translationOf(`{0} ${one}|{0} ${many}`)?.split("|");
  if (language === undefined || forms === undefined) return `${count} ${count === 1 ? one : many}`;
  return filled(forms[pluralRule(language.code, count)] ?? forms.at(-1) ?? "", [count]);
}

/** Returns which of a language's forms a number takes: they stand in the order of CLDR (one, few, many, other). */
function pluralRule(code: string, count: number): number {
  const rules = new Intl.PluralRules(code);
  return pluralCategories(code).indexOf(rules.select(count));
}

const CLDR_ORDER = ["zero", "one", "two", "few", "many", "other"];

/** The plural forms that a language has, in the order in which its translations give them. */
export const pluralCategories = (code: string): readonly string[] =>
  new Intl.PluralRules(code)
    .resolvedOptions()
    .pluralCategories.toSorted((a, b) => CLDR_ORDER.indexOf(a) - CLDR_ORDER.indexOf(b));

const filled = (translation: string, values: readonly Value[]): string =>
  translation.replace(/\{(\d+)\}/g, (mark, index) => String(values[Number(index)] ?? mark));

interface Template {
  readonly key: string;
  readonly parts: readonly string[];
}

/** Each template is folded once. */
const templates = new WeakMap<TemplateStringsArray, Template>();

function templateOf(strings: TemplateStringsArray): Template {
  const known = templates.get(strings);
  if (known !== undefined) return known;
  const parts = strings.map((part) => part.replace(/\n {2,}/g, " "));
  const template = { key: parts.reduce((sum, part, index) => `${sum}{${index - 1}}${part}`), parts };
  templates.set(strings, template);
  return template;
}
