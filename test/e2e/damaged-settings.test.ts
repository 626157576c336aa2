import { afterEach, beforeEach, expect, it } from "vitest";
import { createSqliteStore } from "../../src/store/sqlite/sqlite.js";
import { type Bot, startBot } from "../support/start-bot.js";
import { temporaryFolder } from "../support/temporary-folder.js";

let folder: ReturnType<typeof temporaryFolder>;
let bot: Bot | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await bot?.stop(0);
  folder.remove();
});

it("is ready with damaged settings, and warns of them in /readyz and the log", async () => {
  const store = await createSqliteStore({ now: () => 0 }).open(`sqlite://${folder.path}/evergreen.sqlite`);
  await store.values("settings").set("discord:7", { access: { who: "ada" } });
  await store.close();
  bot = await startBot(folder.path, { AUTO_REFRESH: "off" });
  const response = await fetch(`${bot.url}/readyz`);
  expect([response.status, await response.json()]).toEqual([
    200,
    {
      ready: true,
      problems: [],
      warnings: [expect.stringContaining("store: 1 damaged row in settings: only operators")],
    },
  ]);
  expect(bot.log.filter((line) => line.includes("row is damaged") && line.includes("discord:7"))).toHaveLength(1);
});
