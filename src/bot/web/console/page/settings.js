import { call } from "/assets/shared/api.js";
import { byId, make } from "/assets/shared/elements.js";
import { INTERVALS } from "/assets/shared/texts.js";
import { t } from "/assets/shared/translate.js";

/** @type {Readonly<Record<string, string>>} */
const BY = { override: t`set for one provider`, workspace: t`set in this workspace`, host: t`the host’s default` };

/**
 * @import { CatalogueView, ConsoleState } from "./app.js"
 * @typedef {ConsoleState["settings"]} SettingsView
 */

/**
 * The settings of one workspace, first the playground's; each change is the command that anybody there would type.
 * @param {{ run(command: string, workspace: string | undefined): Promise<SettingsView | undefined> }} terms
 */
export function createSettings({ run }) {
  const toggle = byId("auto-refresh", HTMLInputElement);
  const interval = byId("interval", HTMLSelectElement);
  const model = byId("default-model", HTMLInputElement);
  const workspace = byId("workspace", HTMLSelectElement);
  const radios = [...document.querySelectorAll('input[name="switching"]')].filter(
    (each) => each instanceof HTMLInputElement,
  );
  /** @type {SettingsView | undefined} */
  let now;
  /** Changes on their way: until the last has ended, the controls show what the person chose. */
  let pending = 0;

  interval.append(
    ...INTERVALS.map(({ value, label }) => make("option", { value }, label)),
    make("option", { value: "default" }, t`the host’s default`),
  );
  /** @param {string} command */
  const change = async (command) => {
    pending++;
    now = (await run(command, now?.workspace)) ?? now;
    pending--;
    draw(); // what was refused goes back to what is in force
  };
  const draw = () => {
    if (now === undefined) return;
    const { autoRefresh, model: chosen, switching } = now;
    const minutes = autoRefresh.interval === "smart" ? "smart" : t`every ${autoRefresh.interval} min`;
    const { enabled, enabledBy, intervalBy } = autoRefresh;
    const why = enabledBy === intervalBy ? "" : ` (${BY[enabledBy]})`; // a reason for both is given once
    byId("refresh-why").textContent = `${enabled ? t`On` : t`Off`}${why}, ${minutes} (${BY[intervalBy]})`;
    if (document.activeElement !== model) model.value = chosen.chosen ?? "";
    byId("model-why").textContent =
      chosen.inForce === null
        ? t`There is no model yet.`
        : t`In force: ${chosen.inForce}${chosen.chosen === null ? t` (the host’s default)` : ""}`;
    if (pending > 0) return;
    for (const control of [toggle, interval, ...radios]) control.disabled = false;
    toggle.checked = autoRefresh.enabled;
    if (document.activeElement !== interval) interval.value = intervalValue(autoRefresh);
    for (const radio of radios) radio.checked = radio.value === switching;
  };

  toggle.addEventListener("change", () => change(`/settings auto-refresh ${toggle.checked ? "on" : "off"}`));
  interval.addEventListener("change", () => change(`/settings auto-refresh interval:${interval.value}`));
  for (const radio of radios) radio.addEventListener("change", () => change(`/settings switching ${radio.value}`));
  byId("model-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (model.value.trim() !== "") change(`/settings model ${model.value.trim()}`);
  });
  byId("model-default").addEventListener("click", () => change("/settings model default"));

  /** Reads all workspaces again, and shows the chosen one. */
  const choose = async () => {
    const chosen = workspace.value;
    /** @type {{ workspaces: readonly SettingsView[] }} */
    const { workspaces } = await call("/api/console/workspaces").catch(() => ({ workspaces: [] })); // the next press
    fill(workspaces.map((each) => each.workspace));
    now = workspaces.find((each) => each.workspace === chosen) ?? now;
    draw();
  };
  /** @param {readonly string[]} names */
  const fill = (names) => {
    const chosen = workspace.value;
    if (names.length === workspace.options.length) return;
    workspace.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    if (names.includes(chosen)) workspace.value = chosen;
  };
  workspace.addEventListener("focus", choose);
  workspace.addEventListener("change", choose);

  return {
    /** The settings of the console's own workspace. @param {SettingsView} settings */
    show(settings) {
      if (workspace.options.length === 0) fill([settings.workspace]);
      if (workspace.value !== settings.workspace) return; // another one is looked at
      now = settings;
      draw();
    },
    /**
     * The models that the field completes.
     * @param {CatalogueView["models"]} models
     */
    offer(models) {
      const listed = models.filter(({ state }) => state === "listed");
      byId("model-names").replaceChildren(
        ...listed.map(({ provider, id }) => make("option", { value: `${provider}/${id}` })),
      );
    },
  };
}

/** @param {SettingsView["autoRefresh"]} setting */
const intervalValue = ({ interval, intervalBy }) =>
  intervalBy === "host" || !INTERVALS.some(({ value }) => value === String(interval)) ? "default" : String(interval);
