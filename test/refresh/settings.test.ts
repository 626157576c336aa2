import { describe, expect, it } from "vitest";
import { createSettings } from "../../src/refresh/settings.js";
import { fakeClock, settle } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";

function world(store = memoryStore(fakeClock().now)) {
  const warnings: unknown[] = [];
  const warn = (facts: unknown) => void warnings.push(facts);
  const log = { debug() {}, info() {}, warn, error: warn };
  const settings = createSettings({ store, host: { isEnabled: true, intervalMs: 300_000 }, log });
  return { store, settings, warnings };
}

describe("inForce()", () => {
  it("is the host's where nothing is set", () => {
    expect(world().settings.inForce("w", "openai")).toEqual({
      isEnabled: true,
      enabledBy: "host",
      interval: { kind: "fixed", ms: 300_000 },
      intervalBy: "host",
    });
  });

  it("takes the provider's override before the workspace's, each value for itself", async () => {
    const { settings } = world();
    await settings.change("w", () => ({
      isEnabled: false,
      interval: 10,
      providers: { openai: { isEnabled: true }, groq: { interval: "smart" } },
    }));
    expect(settings.inForce("w")).toMatchObject({ isEnabled: false, enabledBy: "workspace", intervalBy: "workspace" });
    expect(settings.inForce("w", "openai")).toEqual({
      isEnabled: true,
      enabledBy: "override",
      interval: { kind: "fixed", ms: 600_000 },
      intervalBy: "workspace",
    });
    expect(settings.inForce("w", "groq")).toEqual({
      isEnabled: false,
      enabledBy: "workspace",
      interval: { kind: "smart" },
      intervalBy: "override",
    });
    expect(settings.inForce("other", "openai").enabledBy).toBe("host");
    expect(settings.inForce("w", "__proto__").intervalBy).toBe("workspace");
  });
});

describe("change()", () => {
  it("is still there after a restart", async () => {
    const { settings, store } = world();
    await settings.change("w", () => ({ interval: 15, model: "openai/gpt-5", switching: "operators" }));
    const next = world(store).settings;
    await next.load();
    expect(next.of("w")).toEqual({ interval: 15, model: "openai/gpt-5", switching: "operators" });
  });

  it("applies changes of one workspace one after the other", async () => {
    const { settings } = world();
    await Promise.all([
      settings.change("w", (before) => ({ ...before, isEnabled: false })),
      settings.change("w", (before) => ({ ...before, interval: 1 })),
      settings.change("w", (before) => ({ ...before, model: "a/b" })),
    ]);
    expect(settings.of("w")).toEqual({ isEnabled: false, interval: 1, model: "a/b" });
  });

  it("is in force only once it is stored, and not at all where that fails", async () => {
    const { settings, store } = world();
    const changing = settings.change("w", () => ({ interval: 1 }));
    expect(settings.of("w")).toEqual({});
    await changing;
    expect(settings.of("w")).toEqual({ interval: 1 });
    store.breakDown();
    await expect(settings.change("w", () => ({ interval: 3 }))).rejects.toThrow(/store/);
    expect(settings.of("w")).toEqual({ interval: 1 });
    store.recover();
    await settings.change("w", (before) => ({ ...before, isEnabled: true }));
    expect(settings.of("w")).toEqual({ interval: 1, isEnabled: true });
  });

  it("tells its listeners, and goes on when one throws", async () => {
    const { settings, warnings } = world();
    const heard: string[] = [];
    settings.onChange(() => {
      throw new Error("listener");
    });
    const stop = settings.onChange((workspace) => heard.push(workspace));
    await settings.change("w", () => ({}));
    stop();
    await settings.change("v", () => ({}));
    await settle();
    expect(heard).toEqual(["w"]);
    expect(warnings).toHaveLength(2);
  });
});

describe("load()", () => {
  it("takes a damaged row for one that protects, until a change repairs it", async () => {
    const { settings, store } = world();
    await store.values("settings").set("bad", { interval: 7 });
    await store.values("settings").set("good", { interval: 3, future: "kept" });
    store.damage("settings", "torn");
    await settings.load();
    expect(settings.of("bad")).toEqual({ isDamaged: true });
    expect(settings.of("torn")).toEqual({ isDamaged: true });
    expect(settings.of("good")).toEqual({ interval: 3, future: "kept" });
    expect(settings.of("never written")).toEqual({});
    expect(settings.inForce("torn")).toMatchObject({ isEnabled: true, enabledBy: "host" });
    expect(store.peek("settings", "bad")).toEqual({ interval: 7 });
    await settings.change("bad", (before) => ({ ...before, footer: true }));
    expect(settings.of("bad")).toEqual({ footer: true });
    expect(store.peek("settings", "bad")).toEqual({ footer: true });
  });
});

describe("load() once more", () => {
  it("takes over what another replica has changed, and tells the listeners of that workspace only", async () => {
    const here = world();
    const there = world(here.store).settings;
    await here.settings.change("w", () => ({ interval: 1 }));
    await here.settings.change("same", () => ({ interval: 3 }));
    await there.load();
    const heard: string[] = [];
    there.onChange((workspace) => heard.push(workspace));
    await here.settings.change("w", () => ({ isEnabled: false }));
    await there.load();
    expect(there.of("w")).toEqual({ isEnabled: false });
    expect(heard).toEqual(["w"]);
  });

  it("does not bring back what was changed here while it was reading", async () => {
    const { settings, store } = world();
    await settings.change("w", () => ({ interval: 1 }));
    const reading = settings.load();
    await settings.change("w", () => ({ interval: 3 }));
    await reading;
    expect(settings.of("w")).toEqual({ interval: 3 });
    expect(store.peek("settings", "w")).toEqual({ interval: 3 });
  });
});

describe("load() of many workspaces", () => {
  const names = (count: number) => Array.from({ length: count }, (_unused, index) => `discord:${index}`);
  async function manyHere(count: number) {
    const store = memoryStore(fakeClock().now);
    await store.write(names(count).map((key) => ({ table: "settings", key, value: { interval: 3 } })));
    const rowsRead: string[] = [];
    const values: typeof store.values = (table) => {
      const rows = store.values(table);
      return {
        ...rows,
        async getMany(keys) {
          rowsRead.push(...keys);
          return rows.getMany(keys);
        },
        async entries(prefix) {
          const entries = await rows.entries(prefix);
          rowsRead.push(...entries.map(([key]) => key));
          return entries;
        },
      };
    };
    const here = world(store).settings;
    const there = world({ ...store, values }).settings;
    await here.load();
    await there.load();
    return { store, here, there, rowsRead: () => rowsRead.splice(0) };
  }

  it("reads one row where nothing has changed, and the changed ones where something has", async () => {
    const { here, there, rowsRead } = await manyHere(500);
    await here.change("discord:1", () => ({ interval: 1 }));
    await there.load();
    rowsRead();
    await there.load();
    expect(rowsRead()).toHaveLength(1);
    await here.change("discord:7", () => ({ interval: 5 }));
    await here.change("discord:new", () => ({ footer: true }));
    await there.load();
    expect(rowsRead().slice(1)).toEqual(["discord:7", "discord:new"]);
    expect(there.of("discord:7")).toEqual({ interval: 5 });
    expect(there.workspaces()).toHaveLength(501);
    const known = there.workspaces();
    await here.change("discord:7", () => ({ interval: 10 }));
    await there.load();
    expect(there.workspaces()).toBe(known);
  });

  it("reads everything where more has changed than is named, or the names are damaged or gone", async () => {
    const { store, here, there } = await manyHere(80);
    await here.change("discord:0", () => ({ interval: 1 }));
    await there.load();
    for (const name of names(60)) await here.change(name, () => ({ interval: 15 }));
    await there.load();
    expect(names(60).map((name) => there.of(name).interval)).toEqual(names(60).map(() => 15));
    await store.write([{ table: "settings", key: "discord:70", value: { interval: 1 } }]);
    store.damage("settings", ":changes");
    await there.load();
    expect(there.of("discord:70")).toEqual({ interval: 1 });
    await here.change("discord:71", () => ({ interval: 1 }));
    await there.load();
    expect(there.of("discord:71")).toEqual({ interval: 1 });
    await store.write(["discord:71", ":changes"].map((key) => ({ table: "settings", key, value: undefined })));
    await there.load();
    expect(there.of("discord:71")).toEqual({});
    expect(there.workspaces()).not.toContain(":changes");
  });
});

describe("change() on two replicas", () => {
  it("keeps what the other has changed meanwhile, though it was not seen here yet", async () => {
    const here = world();
    const there = world(here.store).settings;
    await Promise.all([
      here.settings.change("w", (before) => ({ ...before, interval: 10 })),
      there.change("w", (before) => ({ ...before, model: "openai/gpt-5" })),
      here.settings.change("w", (before) => ({ ...before, isEnabled: false })),
    ]);
    await there.load();
    expect(there.of("w")).toEqual({ interval: 10, isEnabled: false, model: "openai/gpt-5" });
  });

  it("writes over a row that cannot be read", async () => {
    const { settings, store } = world();
    store.damage("settings", "w");
    await settings.change("w", () => ({ interval: 5 }));
    expect(store.peek("settings", "w")).toEqual({ interval: 5 });
  });
});

describe("direct messages, each a workspace by itself", () => {
  it("begin with what was once set for all of them, and change alone", async () => {
    const { settings } = world();
    await settings.change("discord:dm", () => ({ footer: true, access: { who: ["u1"] } }));
    expect(settings.of("discord:dm:1")).toEqual({ footer: true, access: { who: ["u1"] } });
    await settings.change("discord:dm:1", (before) => ({ ...before, footer: false }));
    expect(settings.of("discord:dm:1")).toEqual({ footer: false, access: { who: ["u1"] } });
    expect(settings.of("discord:dm:2")).toEqual({ footer: true, access: { who: ["u1"] } });
    expect(settings.workspaces()).toEqual(["discord:dm", "discord:dm:1"]);
    expect(settings.of("discord:123")).toEqual({});
  });
});
