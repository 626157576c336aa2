import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectMessages, languageFile, messagesFile } from "../../scripts/docs/messages.mjs";
import { applicationCommands, discordTranslations } from "../../src/bot/discord/setup/commands.js";
import type { CommandDeps } from "../../src/commands/command-deps.js";
import { createCommands } from "../../src/commands/registry.js";
import { createLanguages, languageName } from "../../src/languages/languages.js";
import { inLanguage, pluralCategories, t } from "../../src/languages/translate.js";

const languages = createLanguages();
const messages = collectMessages("src");
const all = [...messages.bot, ...messages.pages];
const translationsOf = (code: string): Readonly<Record<"bot" | "pages", Readonly<Record<string, string>>>> =>
  JSON.parse(readFileSync(`src/languages/${code}.json`, "utf8"));
const placeholders = (text: string) => [...new Set(text.match(/\{\d+\}/g))].sort();
const codes = (text: string) => (text.match(/`[^`]*`/g) ?? []).sort();

describe("the messages of the source", () => {
  it("are found", () => {
    expect(messages.bot).toContain("Language: **{0}** (the default)");
    expect(messages.pages.length).toBeGreaterThan(10);
  });

  it("are those of the file from which a new language begins", () => {
    expect(readFileSync("docs/messages.json", "utf8")).toBe(messagesFile(messages));
  });
});

/** A new language may come piece by piece; these have every message. */
const COMPLETE = ["de"];

/** Texts that documentation and other tools rely on: they are English everywhere. */
const FIXED = [
  /Background refresh in progress/,
  /Auto-refreshed - models up to date/,
  /Using cached models - refresh recommended/,
  /Refresh \((auto-updated|outdated)\)/,
  /minutes? \((testing|active use|default|light use|minimal use)\)/,
  /smart \(adapts to use\)/,
  /The answer was cut off|Stopped\.|Interrupted by a restart/,
  /^🆕 Models changed|^(Use here|Try on the last question|Mute)$/,
  /^↪️ Answered by|^Use .* until|^Keep /,
  /^💰/,
];

describe("texts that are fixed", () => {
  it("are no messages that a language could translate", () => {
    const fixed = all.filter((text) => FIXED.some((form) => form.test(text)));
    expect(fixed.filter((text) => !["Keep it"].includes(text))).toEqual([]);
  });
});

describe.each(languages.translated.map(({ code }) => code))("the translations of %s", (code) => {
  const { bot, pages } = translationsOf(code);
  const pairs = Object.entries({ ...bot, ...pages }).filter(([, text]) => text !== "");

  it("have every message, none that is gone, and stand in the order of the source", () => {
    expect(Object.keys(bot)).toEqual(messages.bot);
    expect(Object.keys(pages)).toEqual(messages.pages);
  });

  it.skipIf(!COMPLETE.includes(code))("are complete", () => {
    expect(all.filter((text) => ({ ...bot, ...pages })[text] === "")).toEqual([]);
  });

  it("begin and end with the white space of the English text", () => {
    const ends = (text: string) => `${/^\s*/.exec(text)?.[0]}|${/\s*$/.exec(text)?.[0]}`;
    expect(pairs.filter(([from, to]) => ends(from) !== ends(to))).toEqual([]);
  });

  it("keep the placeholders and commands", () => {
    expect(pairs.filter(([from, to]) => `${placeholders(from)}` !== `${placeholders(to)}`)).toEqual([]);
    expect(pairs.filter(([from, to]) => codes(from).length !== codes(to).length)).toEqual([]);
  });

  it("have every plural form of the language", () => {
    const forms = pairs.filter(([from]) => /^\{0\} [^|]+\|\{0\} /.test(from));
    const count = pluralCategories(code).length;
    expect(forms.filter(([, to]) => to.split("|").length !== count)).toEqual([]);
  });

  it("fit where Discord and Slack cut what is longer", () => {
    const commands = createCommands({ setups: [], languages } as unknown as CommandDeps);
    const abouts = commands.flatMap(({ about, options }) => [about, ...Object.values(options).map((one) => one.about)]);
    const language = languages.of(code);
    expect(abouts.filter((about) => (language?.translationOf(about) ?? "").length > 100)).toEqual([]);
    // Help and Discord look up the whole text: one that is put together would stay English.
    if (COMPLETE.includes(code)) expect(abouts.filter((about) => !language?.translationOf(about))).toEqual([]);
  });
});

describe("a new language", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "languages-"));
    const [about = ""] = all.filter((text) => text.startsWith("In which language"));
    const begun = JSON.parse(messagesFile(messages));
    begun.bot[about] = "Dans quelle langue";
    begun.bot["Language: **{0}** (the default)"] = "Langue : **{0}**";
    writeFileSync(join(folder, "fr.json"), JSON.stringify(begun));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is one file: commands offer it, Discord gets it, and what it lacks is English", () => {
    const french = createLanguages(pathToFileURL(`${folder}/`));
    const language = french.of("fr");
    expect(language).toMatchObject({ name: "français", englishName: "French" });
    expect(inLanguage(language, () => [t`Language: **${"x"}** (the default)`, t`Nothing here`])).toEqual([
      "Langue : **x**",
      "Nothing here",
    ]);
    const commands = createCommands({ setups: [], languages: french } as unknown as CommandDeps);
    const command = commands.find(({ path }) => path === "settings language");
    expect(command?.options.language).toMatchObject({
      values: [{ value: "en" }, { value: "fr", label: "français", aliases: ["French"] }, { value: "default" }],
    });
    const [settings] = applicationCommands(commands, discordTranslations(french)).filter(
      ({ name }) => name === "settings",
    );
    expect(settings?.options.find(({ name }) => name === "language")).toMatchObject({
      description_localizations: { fr: "Dans quelle langue" },
    });
  });

  it("keeps its translations when the source changes", () => {
    const before = JSON.stringify({ bot: { "Nothing here": "Rien ici", "gone from the source": "parti" }, pages: {} });
    const after = JSON.parse(languageFile(messages, before));
    expect(after.bot["Nothing here"]).toBe("Rien ici");
    expect([...Object.keys(after.bot), ...Object.keys(after.pages)]).toEqual(all);
  });

  it("with no file any more counts as English", () => {
    expect(languages.of("xx")).toBeUndefined();
    expect(languages.of("en")).toBeUndefined();
  });

  it.each([
    ["en", "en"],
    ["de", "de"],
    ["de", "en"],
    ["fr", "en"],
  ])("names %s in %s as Intl does", (code, inLanguage) => {
    expect(languageName(code, inLanguage)).toBe(new Intl.DisplayNames([inLanguage], { type: "language" }).of(code));
  });
});
