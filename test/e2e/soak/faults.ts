import { connect } from "sqlite3";
import type { FakeOpenAi } from "../../support/fake-openai.js";
import type { FakeStream } from "../../support/fake-vendor-stream.js";
import { playgroundClient } from "../../support/playground-client.js";
import type { ThreePlatforms } from "../../support/three-platforms.js";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers every chat, most of them well, until the test ends. */
export interface Vendor {
  readonly tally: Record<string, number>;
  /** Ends the answers that say nothing: who waits for them would wait until the bot's own deadline. */
  endHanging(): void;
}

/** How an answer goes, of a hundred; the rest goes well. */
const FATES = { cut: 4, error: 2, unfinished: 3, hang: 1, long: 4 } as const;
type Fate = keyof typeof FATES | "well";

function drawFate(): Fate {
  let drawn = Math.random() * 100;
  for (const fate of Object.keys(FATES) as (keyof typeof FATES)[]) {
    drawn -= FATES[fate];
    if (drawn < 0) return fate;
  }
  return "well";
}

export function startVendor(openai: FakeOpenAi): Vendor {
  const hanging = new Set<FakeStream>();
  const tally: Record<string, number> = {};
  const answer = async (stream: FakeStream) => {
    const fate = drawFate();
    tally[fate] = (tally[fate] ?? 0) + 1;
    if (fate === "hang") {
      hanging.add(stream);
      await stream.closed;
      hanging.delete(stream);
      return;
    }
    const words = fate === "long" ? 3_000 : 5 + Math.random() * 100;
    for (let word = 0; word < words; word += 10) {
      stream.send(`${"word ".repeat(9)}${word}\n`);
      await pause(15);
    }
    if (fate === "cut") stream.cut();
    else if (fate === "error") stream.fail({ status: 500 });
    else if (fate === "unfinished") stream.end();
    else stream.finish();
  };
  const take = (): void =>
    void openai.nextStream().then((stream) => {
      take();
      return answer(stream);
    });
  take();
  return {
    tally,
    endHanging() {
      for (const stream of hanging) stream.cut();
    },
  };
}

export interface FaultDeps {
  readonly openai: FakeOpenAi;
  readonly platforms: ThreePlatforms;
  readonly database: string;
  readonly url: string;
}

function rarely(gapMs: number, fault: () => Promise<unknown>) {
  let lastAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Date.now() - lastAt < gapMs) return;
    lastAt = Date.now();
    await fault();
  };
}

/** Faults by name; each is over when it resolves. */
function faultsOf({ openai, platforms: { discord, slack }, database, url }: FaultDeps) {
  const forMs = async (ms: number, begin: () => void, end: () => void) => {
    begin();
    await pause(ms);
    end();
  };
  const failChats = (ms: number, status: number, headers: Record<string, string> = {}) =>
    forMs(
      ms,
      () => openai.failChats({ status, headers }),
      () => openai.failChats(undefined),
    );
  const client = playgroundClient(url, "visited");
  return {
    "vendor-429": () => failChats(300, 429, { "retry-after": "1" }),
    "vendor-503": () => failChats(300, 503),
    // The circuit opens, and answers fail at once until its next probe.
    "vendor-down": rarely(120_000, () => failChats(2_000, 503)),
    "lists-fail": () =>
      forMs(
        3_000,
        () => openai.failLists({ status: 500 }),
        () => openai.failLists(undefined),
      ),
    "gateway-cut": async () => discord.gateway.drop(),
    "gateway-closed": async () => discord.gateway.drop(4_000),
    // The bot waits longer before each further session of an hour, up to 15 min.
    "session-lost": rarely(900_000, async () => {
      discord.gateway.forgetSessions();
      discord.gateway.drop();
    }),
    "discord-503": async () => discord.rest.failNext(/^(POST|PATCH|PUT)/, 503, 0, 4),
    "discord-answer-lost": async () => discord.rest.loseNext(/^(POST|PATCH) \/channels/),
    "socket-cut": async () => slack.sockets.cut(),
    "socket-recycled": async () => slack.sockets.recycle(1_000),
    "slack-503": async () => {
      for (const method of ["chat.update", "chat.postMessage", "reactions.add", "chat.appendStream"])
        slack.failNext(method, { status: 503 });
    },
    "slack-429": async () => slack.failNext("chat.update", { retryAfter: 1 }),
    "slack-hangs": () =>
      forMs(
        1_500,
        () => slack.hang(true),
        () => slack.hang(false),
      ),
    "foreign-lock": async () => {
      const foreign = connect(database);
      try {
        foreign.all("begin immediate");
        await pause(1_500);
        foreign.all("rollback");
      } catch {
        // The bot holds it: no lock this time.
      } finally {
        foreign.close();
      }
    },
    pages: async () => {
      const streams = await Promise.all(Array.from({ length: 5 }, () => client.listen()));
      for (const path of ["/", "/console", "/metrics", "/api/models", "/api/status"])
        await (await fetch(`${url}${path}`)).arrayBuffer();
      await Promise.all(streams.map((stream) => stream.close()));
    },
  } satisfies Record<string, () => Promise<unknown>>;
}

/** Lets one fault follow the other until `isOver`, and takes back what has not come about. */
export function createFaults(deps: FaultDeps) {
  const faults = Object.entries(faultsOf(deps));
  const tally: Record<string, number> = {};
  let turn = 0;
  return {
    tally,
    async inject(isOver: () => boolean) {
      while (!isOver()) {
        const [name, fault] = faults[turn++ % faults.length] ?? [];
        if (name === undefined || fault === undefined) return;
        tally[name] = (tally[name] ?? 0) + 1;
        await fault();
        await pause(500);
      }
      deps.platforms.slack.failNone();
    },
  };
}
