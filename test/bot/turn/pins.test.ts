import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conversationOf } from "../../../src/bot/port/conversation.js";
import { pinnedSession } from "../../../src/bot/turn/pinned-session.js";
import { createWatchSender } from "../../../src/bot/watch/watch-sender.js";
import { createAllowedModels } from "../../../src/refresh/choose/allowed-models.js";
import { modelInForce } from "../../../src/refresh/choose/model-in-force.js";
import { createWatchRows } from "../../../src/refresh/watch/watch-rows.js";
import { createSessions } from "../../../src/store/sessions/sessions.js";
import { createWorld, type World } from "../../refresh/world.js";
import { chatDeps } from "../../support/chat-deps.js";
import { fakePlatform } from "../../support/fake-platform.js";

const PLACE = { platform: "fake", workspace: "home", channel: "general" };
const WORKSPACE = "fake:home";
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

type Step =
  | { readonly kind: "list"; readonly models: readonly string[] }
  | { readonly kind: "retire"; readonly model: string }
  | { readonly kind: "outage" | "restart" | "hour" }
  | { readonly kind: "deny" | "pattern"; readonly glob: string };

const ids = ["gpt-4", "gpt-5", "gpt-6", "o9"];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.subarray(ids).map((models) => ({ kind: "list" as const, models })),
  fc.constantFrom(...ids).map((model) => ({ kind: "retire" as const, model })),
  fc.constantFrom("outage", "restart", "hour").map((kind) => ({ kind })),
  fc.record({ kind: fc.constantFrom("deny", "pattern"), glob: fc.constantFrom("*", "openai/gpt-*", "*/o9") }),
);

/** Everything that could move a pin, over one process's lists. */
function partsOf({ clock, store, settings, refresher }: World) {
  const modelFacts = () => ({});
  const allowed = createAllowedModels({ refresher, settings, modelFacts, host: {} });
  const setups = [{ id: "openai", preferredFamilies: ["gpt-"] }];
  const sender = createWatchSender({
    ...{ watches: createWatchRows(store), refresher, allowed, modelFacts, clock, log: SILENT },
    access: { isServed: () => true },
    settings,
    platforms: [fakePlatform()],
  });
  const deps = chatDeps({
    ...{ clock, store, settings, refresher, allowed },
    defaultModel: (workspace) => modelInForce({ settings, refresher, allowed, setups, host: {} }, workspace),
  });
  return { sender, deps };
}

async function take(world: World, next: Step): Promise<World> {
  const openai = world.provider("openai");
  const retiring = (model: string) => ({ id: model, isChat: true, retiresAt: world.clock.now() + 1_000 });
  if (next.kind === "list") openai.answers(next.models.length > 0 ? next.models : ["gpt-5"]);
  if (next.kind === "retire") openai.answers([retiring(next.model), "gpt-6"]);
  if (next.kind === "outage") openai.fails("network");
  if (next.kind === "deny")
    await world.settings.change(WORKSPACE, (before) => ({ ...before, models: { deny: [next.glob] } }));
  if (next.kind === "pattern") {
    const modelPattern = { pattern: next.glob, setAt: world.clock.now() };
    await world.settings.change(WORKSPACE, (before) => ({ ...before, modelPattern }));
  }
  const now = next.kind === "restart" ? await world.restart() : world;
  await now.clock.leap(next.kind === "hour" ? 3_600_000 : 301_000);
  await now.refresher.tick();
  return now;
}

describe("a pin", () => {
  it("is moved by no sequence of list changes, retirements, outages, restarts, rules and defaults", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        let world = await createWorld({ ids: ["openai"] });
        world.provider("openai").answers(ids);
        await world.refresher.tick();
        const pin = { provider: "openai", model: "gpt-4", at: 1, by: null };
        const sessions = createSessions({ store: world.store, now: world.clock.now });
        await sessions.change(conversationOf(PLACE), (before) => ({ ...before, pin }));
        for (const next of steps) {
          world = await take(world, next);
          const { sender, deps } = partsOf(world);
          await sender.tick();
          const { session, begin } = await pinnedSession(deps, PLACE);
          expect(begin(session).pin).toEqual(pin);
          expect((await sessions.get(conversationOf(PLACE))).pin).toEqual(pin);
        }
        world.refresher.stop();
      }),
      { numRuns: 40 },
    );
  });
});
