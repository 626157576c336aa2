import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StartupError } from "../../src/base/errors.js";
import { type Store, type StoreDefinition, StoreError } from "../../src/store/store.js";
import { settlesWithin } from "../support/bounded-time.js";
import { type Cable, layCable } from "../support/cable.js";
import { eventually } from "../support/playground-client.js";
import type { TestServer } from "../support/server-process.js";

export interface ServerStoreUnderTest {
  readonly server: () => TestServer;
  readonly definition: StoreDefinition;
  readonly password: string;
  /** Ends all connections of the store from the server's side. */
  dropConnections(): Promise<void>;
  /** Takes everything away, as on a server that no bot has used. */
  empty(): Promise<void>;
  /** Marks the data as of a newer bot, or of this one again. */
  setSchema(version: number): Promise<void>;
  /** What else a start is refused for: the URL's change, and what the text says. */
  readonly refusals: readonly (readonly [name: string, change: (url: URL) => void, text: RegExp])[];
}

/** There and back this is longer than a call on a fast line may take; in the soak two such are longer than a start may. */
const SLOW_ONE_WAY_MS = process.env.SOAK ? 1_050 : 550;
const AT_ONCE_MS = 500;

/** What every store does alike whose data is behind a network, through real connections that break. */
export function describeServerStore(name: string, subject: ServerStoreUnderTest): void {
  const { definition, password } = subject;
  const open = (url = subject.server().url) => definition.open(url);

  /** The refusal of a start, which names variable and place, and no password. */
  async function refusal(url: string): Promise<string> {
    const error: unknown = await open(url).then(
      (store) => store.close(),
      (fault: unknown) => fault,
    );
    expect(error).toBeInstanceOf(StartupError);
    const { message } = error as StartupError;
    expect(message).toMatch(/^STORE_URL: /);
    expect(message).toContain("127.0.0.1");
    expect(message).not.toContain(password);
    return message;
  }

  describe(`${name} behind a network`, () => {
    let cable: Cable;
    let store: Store;
    beforeEach(async () => {
      cable = await layCable(subject.server().url);
      store = await open(cable.url);
      await served(() => store.values("models").set("key", "before"));
    });
    afterEach(async () => {
      await store.close();
      await cable.close();
    });

    /** What a call resolves with once the store serves it: a busy machine may take longer than a call may. */
    const served = async <T>(call: () => Promise<T>): Promise<T> => {
      const found = await eventually("the store", () =>
        call()
          .then((value) => ({ value }))
          .catch(() => undefined),
      );
      return found.value;
    };
    /** What the row holds once the store serves again, first by its own steps and then by Keyv's. */
    const whenBack = async () => {
      await served(() => store.claim("is it back?", { ttlMs: 1 }));
      return served(() => store.values("models").get("key"));
    };

    /** Every verb fails with what it should, and in time. */
    async function expectAllToFail(withinMs = 1000): Promise<void> {
      const values = store.values("models");
      const calls = [
        () => values.get("key"),
        () => values.getMany(["key"]),
        () => values.set("key", "while it was gone"),
        () => values.delete("key"),
        () => values.entries(),
        () => store.write([{ table: "models", key: "key", value: "while it was gone" }]),
        () => store.writeOnce("name", 1000, []),
        () => store.swap({ table: "models", key: "key", before: "before", after: "after" }, []),
        () => store.claim("name", { ttlMs: 1000 }),
        () => store.commit({ name: "name", owner: "owner", fence: 1 }, []),
      ];
      const results = Promise.all(calls.map((call) => call().catch((error: unknown) => error)));
      expect(await settlesWithin(withinMs, results)).toBe(true);
      for (const result of await results) {
        expect(result).toBeInstanceOf(StoreError);
        expect(String(result)).not.toContain(password);
      }
    }

    it("fails every call while the network is cut, and serves again by itself", async () => {
      cable.cut();
      await expectAllToFail();
      // It is known to be gone: nobody waits for it.
      await expectAllToFail(AT_ONCE_MS);
      cable.mend();
      expect(await whenBack()).toBe("before");
      await served(() => store.values("models").set("key", "after"));
      expect(await served(() => store.values("models").get("key"))).toBe("after");
    });

    it("ends every call within a second where nothing answers, and serves again by itself", async () => {
      cable.freeze();
      await expectAllToFail();
      await expectAllToFail();
      cable.mend();
      await whenBack();
      await served(() => store.values("models").set("key", "after"));
      expect(await served(() => store.values("models").get("key"))).toBe("after");
    });

    it("serves again by itself on a line that became slower than any call may take", async () => {
      cable.slow(SLOW_ONE_WAY_MS);
      expect(await whenBack()).toBe("before");
      cable.slow(0);
      await served(() => store.claim("quick again", { ttlMs: 1 }));
    });

    it("serves again by itself when the server was away", async () => {
      await subject.server().stop();
      await expectAllToFail();
      await subject.server().start();
      expect(await whenBack()).toBe("before");
    });

    it("gets over connections that the server drops while nobody uses them", async () => {
      for (let round = 0; round < 3; round++) {
        await served(() => store.values("models").get("key"));
        await subject.dropConnections();
        expect(await whenBack()).toBe("before");
      }
    });

    it("lets go of its connections when it is closed", async () => {
      await Promise.all(Array.from({ length: 20 }, () => store.values("models").get("key")));
      await store.close();
      await eventually("the last connection's end", () => cable.open() === 0 || undefined);
    });

    it("can be closed while nothing answers", async () => {
      cable.freeze();
      const waiting = store
        .values("models")
        .get("key")
        .catch((error: unknown) => error);
      expect(await settlesWithin(1500, store.close())).toBe(true);
      expect(await waiting).toBeInstanceOf(StoreError);
    });
  });

  describe(`${name} at a start`, () => {
    it("refuses a server that is not there", async () => {
      const cable = await layCable(subject.server().url);
      await cable.close();
      expect(await refusal(cable.url)).toMatch(
        /cannot reach .* at 127\.0\.0\.1:\d+ \(nothing listens there\); start it/,
      );
    });

    it("refuses a server that hangs up", async () => {
      const cable = await layCable(subject.server().url);
      cable.cut();
      await refusal(cable.url);
      await cable.close();
    });

    it("refuses a server that says nothing, in time", async () => {
      const sockets: Socket[] = [];
      const silent: Server = createServer((socket) => void sockets.push(socket.on("error", () => {})));
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const url = new URL(subject.server().url);
      url.port = String((silent.address() as { port: number }).port);
      const refused = refusal(url.href);
      expect(await settlesWithin(7000, refused)).toBe(true);
      expect(await refused).toMatch(/it does not answer/);
      for (const socket of sockets) socket.destroy();
      silent.close();
    });

    it.each(subject.refusals)("refuses %s", async (_name, change, text) => {
      const url = new URL(subject.server().url);
      change(url);
      expect(await refusal(url.href)).toMatch(text);
    });

    it("refuses what cannot be read, and shows none of it", async () => {
      const url = subject.server().url.replace("127.0.0.1", "a b");
      const error: unknown = await open(url).catch((fault: unknown) => fault);
      expect(error).toBeInstanceOf(StartupError);
      expect(String((error as Error).message)).toMatch(/^STORE_URL: cannot be read as a URL; write it as \w+:\/\//);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(password);
    });

    it("refuses a newer schema and leaves it as it is", async () => {
      await (await open()).close();
      await subject.setSchema(2);
      expect(await refusal(subject.server().url)).toMatch(
        /newer version of this bot \(schema 2, this one knows 1\); update the bot/,
      );
      expect(await refusal(subject.server().url)).toMatch(/newer version/);
      await subject.setSchema(1);
      await (await open()).close();
    });

    it("lets many open a new one at the same moment", async () => {
      for (let round = 0; round < 3; round++) {
        await subject.empty();
        const stores = await Promise.all(Array.from({ length: 6 }, () => open()));
        await Promise.all(stores.map((store) => store.close()));
      }
    });
  });
}
