import type { ProviderId } from "../../providers/provider.js";
import { modelRowsOf, type RowState } from "../../refresh/catalog/catalog-entry.js";
import { indicatorLine, outcomeHint } from "../../refresh/refresh-texts.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Settings } from "../../refresh/settings.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import { type ModelFactsView, modelFactsView } from "./conversation-facts.js";

/** What `GET /api/status` answers. Times are epoch ms; unknown is null. */
export interface StatusView {
  readonly indicator: "refreshing" | "fresh" | "stale";
  /** What people are shown: the indicator and how many providers fail, or why there is no list. */
  readonly line: string;
  readonly isFresh: boolean;
  readonly autoRefresh: { readonly enabled: boolean; readonly intervalSeconds: number | "smart" };
  readonly lastRefreshAt: number | null;
  readonly nextRefreshAt: number | null;
  readonly providers: readonly {
    readonly id: ProviderId;
    readonly outcome: string | null;
    readonly models: number;
    readonly fetchedAt: number | null;
    readonly attemptedAt: number | null;
    readonly isFresh: boolean;
    /** What helps against its last failure; null where nothing is wrong. */
    readonly fix: string | null;
  }[];
}

/** The status as one workspace sees it; from memory. */
export function statusView(refresher: Refresher, settings: Settings, workspace: string): StatusView {
  const refresh = refresher.status();
  const { indicator, isFresh, lastRefreshAt, nextRefreshAt, providers } = refresh;
  const { isEnabled, interval } = settings.inForce(workspace);
  return {
    indicator,
    line: indicatorLine(refresh),
    isFresh,
    autoRefresh: { enabled: isEnabled, intervalSeconds: interval.kind === "smart" ? "smart" : interval.ms / 1000 },
    lastRefreshAt,
    nextRefreshAt,
    providers: providers.map((provider) => {
      const { id, outcome, models, fetchedAt, attemptedAt, isFresh } = provider;
      return { id, outcome, models, fetchedAt, attemptedAt, isFresh, fix: outcomeHint(provider) ?? null };
    }),
  };
}

/** The status of one workspace, and when it changes. */
export function statusSource(refresher: Refresher, settings: Settings, workspace: string) {
  return {
    status: () => statusView(refresher, settings, workspace),
    /** Calls back after every change; returns how to stop that. */
    onStatusChange(listener: () => void) {
      const stops = [refresher.onChange(listener), settings.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

/** What `GET /api/models` answers: the chat models on the lists, and those that have left them lately. */
export interface ModelsView {
  readonly isFresh: boolean;
  readonly models: readonly {
    readonly provider: ProviderId;
    readonly id: string;
    readonly name: string;
    readonly state: RowState;
    /** When it was released, epoch ms; left out where the list does not say. */
    readonly releasedAt?: number;
    readonly facts: ModelFactsView;
  }[];
}

export function modelsView(refresher: Pick<Refresher, "snapshot" | "status">, modelFacts: FindModelFacts): ModelsView {
  const models = [...refresher.snapshot().providers].flatMap(([provider, entry]) =>
    modelRowsOf(entry)
      .filter(({ model }) => model.isChat)
      .map(({ model, state }) => ({
        ...{ provider, id: model.id, name: model.name ?? model.id, state },
        ...(model.releasedAt !== undefined && { releasedAt: model.releasedAt }),
        facts: modelFactsView(modelFacts(provider, model.id, model)),
      })),
  );
  return { isFresh: refresher.status().isFresh, models };
}
