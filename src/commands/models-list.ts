import { localeInForce, t } from "../languages/translate.js";
import { outcomeHint } from "../refresh/refresh-texts.js";
import { type Control, defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { pinFor } from "./pin-text.js";
import { providerOption, suggestProviders } from "./provider-option.js";
import { type ListFilter, type ListView, listView } from "./wording/list-text.js";

export const modelsList = (deps: CommandDeps) =>
  defineCommand({
    path: "models list",
    about: "The models you can talk to",
    access: "anyone",
    visibility: "ephemeral",
    options: {
      provider: providerOption(deps, t`only this provider`),
      page: {
        kind: "word",
        about: "a page of a long list, like p2",
        accepts: (value) => PAGE.test(value),
        maxChars: 5,
      },
      search: { kind: "text", about: "a part of the model's name", maxChars: 200 },
    },
    async *run({ provider, page, search }, invocation) {
      deps.refresher.nudge("picker", provider === undefined ? undefined : [provider]);
      const filter: ListFilter = {
        provider,
        search: search && withoutQuotes(search),
        page: page === undefined ? undefined : Number(page.slice(1)),
      };
      const { workspace } = invocation;
      const status = new Map(deps.refresher.status().providers.map((each) => [each.id, each]));
      const hintOf = (id: string) => outcomeHint(status.get(id) ?? { outcome: null });
      const pin = await pinFor(deps, invocation);
      const view = listView(deps.allowed.snapshot(workspace), filter, pin, hintOf);
      const rules = t`\n🔒 Only models that are allowed here are shown. \`/settings show\` says why.`;
      yield {
        markdown: `${view.text}${deps.allowed.hasRules(workspace) ? rules : ""}`,
        controls: [...pageButtons(view, filter), ...providerButtons(view)],
      };
    },
    suggest: (option, typed) => (option === "provider" ? suggestProviders(deps, typed) : []),
  });

const PAGE = /^p[1-9]\d{0,3}$/i;

/** The rest of a line keeps its quotes; around a whole search they only group. */
const withoutQuotes = (search: string) => /^(["'“‘])(.+)["'”’]$/s.exec(search)?.[2] ?? search;

function pageButtons({ page, pages }: ListView, { provider, search }: Omit<ListFilter, "page">): readonly Control[] {
  const commandOf = (to: number) =>
    ["/models list", provider, `page:p${to}`, search && `search:${search}`].filter(Boolean).join(" ");
  return [
    ...(page > 1 ? [{ label: t`◀ Page ${page - 1}`, command: commandOf(page - 1) }] : []),
    ...(page < pages ? [{ label: t`Page ${page + 1} ▶`, command: commandOf(page + 1) }] : []),
  ];
}

/** Most providers that are shown as buttons; more become a menu. */
const MAX_BUTTONS = 4;
/** Most entries that a menu has on every platform. */
const MAX_OPTIONS = 25;

function providerButtons({ cut }: ListView): readonly Control[] {
  const buttons = cut.map(({ provider, count }) => ({
    label: t`All ${count.toLocaleString(localeInForce())} of ${provider}`,
    command: `/models list ${provider}`,
  }));
  return buttons.length > MAX_BUTTONS
    ? [{ label: t`All models of…`, options: buttons.slice(0, MAX_OPTIONS) }]
    : buttons;
}
