import { describe, expect, it } from "vitest";
import type { Turn } from "../../src/store/sessions/sessions.js";
import { harness } from "./harness.js";

const CHANNEL = "playground:local:general";
const above = { isAboveThreads: true } as const;

describe("commands in a channel whose questions begin threads", () => {
  const asked = async (thread: string, text: string, author: { id: string; name: string }, ago = 60_000) => {
    const at = world.clock.now() - ago;
    const turn: Turn = {
      question: { message: thread, author: author.name, authorId: author.id, text, at },
      answer: "yes",
      ending: "done",
      provider: "demo",
      model: "demo-small",
      usage: null,
      endedAt: at,
    };
    await world.sessions.end(thread, `${CHANNEL}:${thread}`, turn);
  };
  const opened = (thread: string, text: string, author: { id: string; name: string }) =>
    world.sessions.open(thread, {
      conversation: `${CHANNEL}:${thread}`,
      message: { platform: "playground", workspace: "local", channel: "general", thread, message: thread },
      owner: "me",
      answer: null,
      author: author.name,
      authorId: author.id,
      text,
      at: world.clock.now(),
      ended: null,
    });
  const ME = { id: "u1", name: "Ada" };
  const BEN = { id: "u2", name: "Ben" };
  let world = harness();
  const start = () => {
    world = harness();
    return world;
  };

  it("retry acts on the caller's own last question in its threads", async () => {
    const { replies, retries } = start();
    await asked("1.1", "mine, older", ME, 120_000);
    await asked("1.2", "mine", ME);
    await asked("1.3", "his", BEN, 1_000);
    await replies("/chat retry", { ...above, user: ME });
    expect(retries.map(([{ conversation }]) => conversation)).toEqual([`${CHANNEL}:1.2`]);
  });

  it("retry and stop offer an operator a choice where nothing is theirs, and nobody else", async () => {
    const { replies, controls, stops } = start();
    await asked("1.3", "his last", BEN);
    await opened("1.4", "his next", BEN);
    expect(await controls("/chat retry", { ...above, isOperator: true })).toEqual([
      { label: "Retry Ben: his last", command: "/chat retry", thread: "1.3" },
    ]);
    expect(await controls("/chat stop", { ...above, isOperator: true })).toEqual([
      { label: "Stop Ben: his next", command: "/chat stop", thread: "1.4" },
    ]);
    const other = { ...above, isOperator: false };
    const refused = [...(await replies("/chat retry", other)), ...(await replies("/chat stop", other))];
    for (const reply of refused) expect(reply.controls ?? []).toEqual([]);
    expect(stops).toEqual([]);
  });

  it("stop acts on the caller's own newest answer, and offers the others of theirs", async () => {
    const { replies, stops } = start();
    await opened("1.1", "older", ME);
    await world.clock.advance(10);
    await opened("1.2", "newer", ME);
    const [reply] = await replies("/chat stop", { ...above, user: ME });
    expect(stops.map(([conversation]) => conversation)).toEqual([`${CHANNEL}:1.2`]);
    expect(reply?.controls).toEqual([{ label: "Stop Ada: older", command: "/chat stop", thread: "1.1" }]);
  });

  it.each([
    ["/chat new", "/chat new"],
    ["/chat export", "/chat export"],
    ["/chat system Answer in rhymes", "/chat system Answer in rhymes"],
    ["/models use demo/demo-small", "/models use demo/demo-small"],
    ["/models unpin", "/models unpin"],
    ["/chat forget", "/chat forget"],
  ])("%s says what it is about, and offers the threads of the last day", async (line, command) => {
    const { replies } = start();
    await asked("1.1", "yesterday", ME, 90_000_000);
    await asked("1.2", "what is a tree?", BEN);
    const reply = (await replies(line, { ...above, isOperator: true })).at(-1);
    expect(reply?.markdown).toContain("the channel and to threads that begin in it from now on");
    expect(reply?.markdown).toContain(`\`@Evergreen !${line.split(" ").slice(0, 2).join(" ").slice(1)}\``);
    expect(reply?.controls?.at(-1)).toEqual({ label: "Ben: what is a tree?", command, thread: "1.2" });
    expect(JSON.stringify(reply?.controls)).not.toContain("yesterday");
    const elsewhere = (await replies(line, { isOperator: true })).at(-1);
    expect(elsewhere?.markdown).not.toContain("threads that begin");
  });

  it("help says so, and only there", async () => {
    const { say } = start();
    expect(await say("/help", above)).toContain("`@Evergreen !chat new`");
    expect(await say("/help")).not.toContain("@Evergreen !chat");
  });
});
