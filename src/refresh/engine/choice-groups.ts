import type { ProviderId } from "../../providers/provider.js";
import type { RefreshInForce, Settings, WorkspaceSettings } from "../settings.js";

/** Workspaces that have set the same about the refresh. */
export interface ChoiceGroup {
  /** What is in force in each of them. */
  readonly inForce: ReadonlyMap<ProviderId, RefreshInForce>;
  /**
   * The workspaces, with what the use of each came to as a smart interval when it was last judged, in ms; NaN: it was
   * not. The one judged longest ago comes first.
   */
  readonly smartMs: Map<string, number>;
}

export interface ChoiceGroupsDeps {
  readonly providers: readonly { readonly id: ProviderId }[];
  readonly settings: Settings;
  /** The workspaces that the bot is in now; the same object until they change. */
  readonly workspaces: () => readonly string[];
}

/**
 * Sorts the workspaces by what they have set about the refresh, once; a changed setting moves one of them. Thousands of
 * workspaces come to a handful of groups. Returns the groups of now; none where there is no workspace.
 */
export function createChoiceGroups({ providers, settings, workspaces }: ChoiceGroupsDeps): () => Iterable<ChoiceGroup> {
  const groups = new Map<string, ChoiceGroup>();
  const keyOf = new Map<string, string>();
  let sorted: readonly string[] | undefined;

  function put(workspace: string, before = groups): void {
    const key = choiceOf(settings.of(workspace));
    const group = groups.get(key) ?? {
      inForce: new Map(providers.map(({ id }) => [id, settings.inForce(workspace, id)])),
      smartMs: new Map<string, number>(),
    };
    groups.set(key, group);
    keyOf.set(workspace, key);
    group.smartMs.set(workspace, before.get(key)?.smartMs.get(workspace) ?? Number.NaN);
  }

  settings.onChange((workspace) => {
    const key = keyOf.get(workspace);
    if (key === undefined) return;
    const group = groups.get(key);
    group?.smartMs.delete(workspace);
    if (group?.smartMs.size === 0) groups.delete(key);
    put(workspace);
  });

  return () => {
    const now = workspaces();
    if (now !== sorted) {
      sorted = now;
      const before = new Map(groups);
      groups.clear();
      keyOf.clear();
      for (const workspace of now) put(workspace, before);
    }
    return groups.values();
  };
}

/** A memo of a pure function: what many workspaces have set is mostly nothing, or was read once. */
const choices = new WeakMap<WorkspaceSettings, string>();

function choiceOf(settings: WorkspaceSettings): string {
  const known = choices.get(settings);
  if (known !== undefined) return known;
  const { isEnabled, interval, providers } = settings;
  const choice = JSON.stringify([isEnabled, interval, providers]);
  choices.set(settings, choice);
  return choice;
}
