import { createLog } from "../../src/base/log.js";
import { createBoardRows } from "../../src/bot/board/board-rows.js";
import { createControlIds } from "../../src/bot/port/control-ids.js";
import { createMessageLog } from "../../src/bot/web/playground/message-log.js";
import type { MessageRow } from "../../src/bot/web/playground/message-row.js";
import { createCatalog } from "../../src/refresh/catalog/catalog.js";
import { modelRowsOf } from "../../src/refresh/catalog/catalog-entry.js";
import { createSettings } from "../../src/refresh/settings.js";
import { createSmartMemory } from "../../src/refresh/smart/memory.js";
import { createSessions } from "../../src/store/sessions/sessions.js";
import type { Store } from "../../src/store/store.js";
import { createLedger } from "../../src/usage/ledger.js";
import { GROUPINGS } from "../../src/usage/summarize.js";
import { summarize } from "../usage/entries.js";
import { fakeClock } from "./fake-clock.js";

/** The address and key that a provider's list was stored under. */
export interface ListSource {
  readonly id: string;
  readonly baseUrl: string;
  readonly key: string;
}

export type StoreContents = Awaited<ReturnType<typeof readContents>>;

/** Everything that a store holds for people, read through what the bot itself reads it with at the time `at` (epoch ms). */
export async function readContents(store: Store, sources: readonly ListSource[], at: number) {
  const clock = fakeClock(at);
  const log = createLog({ level: "fatal", secrets: [] });
  const workspaces = (await store.values("settings").entries()).map(([workspace]) => workspace);
  const settings = createSettings({ store, log, host: { isEnabled: true, intervalMs: 300_000 } });
  await settings.load();
  const ledger = createLedger({ store, clock });
  const usage = await ledger.read({ from: 0, to: Number.MAX_SAFE_INTEGER });
  return {
    conversations: await readConversations(store, at),
    openQuestions: await createSessions({ store, now: clock.now }).openQuestions(),
    settings: Object.fromEntries(workspaces.map((workspace) => [workspace, settings.of(workspace)])),
    lists: await readLists(store, sources),
    usage,
    usageSums: Object.fromEntries(GROUPINGS.map((by) => [by, summarize(usage, by)])),
    boards: await createBoardRows(store).load(),
    playground: await readPlayground(store),
    controls: await readControls(store, at),
    learned: await readLearned(store, at),
  };
}

async function readConversations(store: Store, at: number) {
  const sessions = createSessions({ store, now: () => at });
  const keys = (await store.values("sessions").entries()).map(([key]) => key);
  return Promise.all(
    keys.map(async (conversation) => ({
      conversation,
      session: await sessions.get(conversation),
      turns: await sessions.allTurns(conversation),
    })),
  );
}

async function readLists(store: Store, sources: readonly ListSource[]) {
  const catalog = createCatalog({ providers: sources, store, log: createLog({ level: "fatal", secrets: [] }) });
  await catalog.pickUp();
  const lists = sources.map(({ id }) => {
    const { identity: _identity, models: _models, missing: _missing, ...facts } = catalog.entry(id);
    const { identity: _same, ...changes } = catalog.changes(id);
    return [id, { rows: modelRowsOf(catalog.entry(id)), facts, changes }] as const;
  });
  return Object.fromEntries(lists);
}

async function readPlayground(store: Store) {
  const messages = createMessageLog({ store, newId: () => "unused" });
  await messages.load();
  return Promise.all(
    messages.channels.all().map(async (channel) => {
      const pages: (readonly MessageRow[])[] = [];
      for await (const page of messages.pages(channel.id)) pages.unshift(page);
      return { ...channel, messages: pages.flat() };
    }),
  );
}

async function readControls(store: Store, at: number) {
  const controls = createControlIds({ store, clock: fakeClock(at), log: createLog({ level: "fatal", secrets: [] }) });
  const ids = (await store.values("controls").entries()).map(([id]) => id);
  return Promise.all(ids.map(async (id) => [id, await controls.commandOf(id)] as const));
}

/** What the smart interval has learned, in the figures that mean something by themselves. */
async function readLearned(store: Store, at: number) {
  const memory = createSmartMemory({ store, clock: fakeClock(at), log: createLog({ level: "fatal", secrets: [] }) });
  await memory.load();
  const keys = (await store.values("usage").entries("smart:")).map(([key]) => key.split(":").slice(1));
  return keys.map(([kind, ...name]) => {
    const id = name.join(":");
    if (kind === "list") return { list: id, ...memory.listOf(id) };
    const { lastAt, total } = memory.activityOf(id);
    return { workspace: id, lastAt, questions: total.count };
  });
}
