import { eventually } from "../../support/playground-client.js";
import type { Place, Question, Surface } from "../../support/three-platforms.js";

/** What people did on one surface, and what came of it. */
export interface Tally {
  readonly surface: string;
  asked: number;
  commands: number;
  presses: number;
  /** Questions that the playground has not taken, with words. */
  refused: number;
  /** The longest time from a question to its end mark. */
  slowestMs: number;
  readonly marks: Record<string, number>;
  /** Questions that never got an end mark. */
  readonly unended: string[];
}

/** People who talk on one surface without a pause, in a few conversations that are replaced by and by. */
export interface People {
  readonly tally: Tally;
  /** Talks until `isOver`, and resolves once the last question has its end mark. */
  talk(isOver: () => boolean): Promise<void>;
  close(): Promise<void>;
}

const PLACES = 4;
const END_MARKS = ["✅", "⚠", "❌"];
const STOP = "⏹️ Stop";
const RETRY = "🔁 Retry";
/** A person may run 30 a minute, and presses count. */
const COMMAND_GAP_MS = 4_000;
const END_TIMEOUT_MS = 90_000;
const CALL_TIMEOUT_MS = 20_000;
const POLL_MS = 200;
const AFTER_FAILURE_MS = 2_000;

const COMMANDS: readonly (readonly [string, ...{ readonly name: string; readonly value: string }[]])[] = [
  ["help"],
  ["models status"],
  ["models list"],
  ["refresh-models"],
  ["usage"],
  ["settings show"],
  ["chat export"],
  ["models changes"],
  ["models list", { name: "search", value: "gpt" }],
];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** A connection that a fault cuts leaves its caller without any answer. */
const inTime = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([work, pause(CALL_TIMEOUT_MS).then(() => Promise.reject(new Error("no answer")))]);
const bare = (emoji: string) => emoji.replace("\ufe0f", "");

export function createPeople(surface: Surface): People {
  const tally: Tally = {
    surface: surface.name,
    asked: 0,
    refused: 0,
    slowestMs: 0,
    commands: 0,
    presses: 0,
    marks: {},
    unended: [],
  };
  const places: Place[] = [];
  let turn = 0;

  const endOf = async (question: Question) => {
    const found = await inTime(question.marks()).catch((): readonly string[] => []); // a connection that was just closed
    return found.map(bare).find((mark) => END_MARKS.includes(mark));
  };
  /** A control may be gone by the time that somebody presses it. */
  const press = async (question: Question, label: string) => {
    const labels = await inTime(question.labels()).catch((): readonly string[] => []);
    if (!labels.includes(label)) return;
    const isPressed = await inTime(question.press(label)).then(
      () => true,
      () => false,
    );
    tally.presses += Number(isPressed);
  };
  const ask = async (place: Place) => {
    const text = `question ${++tally.asked} ${"of somebody who explains at length ".repeat(tally.asked % 20)}`;
    const question = await inTime(place.ask(text)).catch(() => undefined);
    if (question === undefined) {
      tally.refused += 1;
      return;
    }
    if (tally.asked % 12 === 0) await pause(500).then(() => press(question, STOP));
    const askedAt = Date.now();
    const endsBefore = askedAt + END_TIMEOUT_MS;
    let mark = await endOf(question);
    for (; mark === undefined && Date.now() < endsBefore; mark = await endOf(question)) await pause(POLL_MS);
    tally.slowestMs = Math.max(tally.slowestMs, Date.now() - askedAt);
    if (mark === undefined)
      tally.unended.push(`${text.slice(0, 15)} with ${await question.marks()}, ${await question.text()}`);
    else tally.marks[mark] = (tally.marks[mark] ?? 0) + 1;
    if (mark === "❌") await pause(AFTER_FAILURE_MS);
    if (tally.asked % 10 !== 0) return;
    await press(question, RETRY);
    await pause(POLL_MS);
    await eventually("an end of the retry", () => endOf(question), END_TIMEOUT_MS).catch(() =>
      tally.unended.push(`retry of ${text.slice(0, 20)}`),
    );
  };
  const talkIn = async (place: Place, isOver: () => boolean) => {
    while (!isOver()) {
      await ask(place);
      await pause(Math.random() * 500);
    }
  };
  const command = async (isOver: () => boolean) => {
    while (!isOver()) {
      const [path, ...options] = COMMANDS[turn++ % COMMANDS.length] ?? ["help"];
      const place = places[turn % places.length];
      if (place !== undefined) await inTime(place.run(path, ...options)).catch(() => {}); // a control on an old screen, a full store
      tally.commands += 1;
      await pause(COMMAND_GAP_MS);
    }
  };

  return {
    tally,
    async talk(isOver) {
      if (places.length === PLACES) await places.shift()?.close();
      while (places.length < PLACES) places.push(await inTime(surface.open()));
      await Promise.all([command(isOver), ...places.map((place) => talkIn(place, isOver))]);
    },
    async close() {
      for (const place of places) await place.close();
    },
  };
}
