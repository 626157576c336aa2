import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { createWatchedStreams, type WatchedStreamsDeps } from "../../../src/bot/discord/send/watched-streams.js";
import type { ReplyStreamDeps } from "../../../src/bot/port/platform.js";
import { fakeClock } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

it("a stream that is never finished is let go, and one that grows still hears that its channel is gone", async () => {
  const watched = createWatchedStreams({ log: { debug() {} } } as unknown as WatchedStreamsDeps);
  const lost: string[] = [];
  const create = (message: string) =>
    watched.create({
      platform: fakePlatform("discord"),
      question: { platform: "discord", workspace: "1", channel: "2", message },
      asker: { id: "3", name: "Ada" },
      clock: fakeClock(),
      log: { debug() {}, warn() {} },
      controls: [],
      onPosted: async () => {},
      onLost: () => void lost.push(message),
    } as unknown as ReplyStreamDeps);
  const growing = create("growing");
  for (let index = 0; index < 50; index++) create(`given up ${index}`);
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  watched.onEvent("CHANNEL_DELETE", { id: "2" });
  expect(lost).toContain("growing");
  expect(lost.length).toBeLessThan(5);
  expect(growing.postedIn()).toBeUndefined();
});
