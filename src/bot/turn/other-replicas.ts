import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { startRounds } from "../../base/rounds.js";
import type { TurnControl } from "../../commands/command-deps.js";
import { hasEnded } from "../../store/process-owner.js";
import type { OpenQuestion, Sessions } from "../../store/sessions/sessions.js";
import type { Store } from "../../store/store.js";
import { conversationOf, messageKeySchema, questionPrefixOf } from "../port/conversation.js";
import { orderOf, placeInLine, type Question } from "../prompt/question.js";
import { answerIdOf } from "./answer-controls.js";
import { ASKER_PAUSES_MS, untilStored } from "./finish-turn.js";
import { isBefore } from "./line/conversation-line.js";
import type { ChatDeps } from "./turn-deps.js";

export interface LivenessDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among all that share the store. */
  readonly owner: string;
}

/** Tells which of the processes on one store are alive, so that nobody ends another's answers. */
export interface Liveness {
  /**
   * Whether a process has ended: the kernel that it ran on says so, it has no heartbeat, or its heartbeat has stood
   * still for the 45 s that this process has watched it. @throws {StoreError}
   */
  isGone(owner: string): Promise<boolean>;
  /** Whether other processes sent a heartbeat lately, as of the last round. */
  hasPeers(): boolean;
  /** Looks whether they did by now; as of the last round where the store does not tell. Never rejects. */
  findPeers(): Promise<boolean>;
  /** How many processes there are, this one included, as of the last round. */
  replicas(): number;
  /** Stores a first heartbeat, and goes on. @throws {StoreError} when the first one was not stored */
  start(): Promise<void>;
  /**
   * Tells the others that this process stops; resolves with whether one of them goes on, as of the last round where the
   * store does not tell. The last one to stop finds none. Never rejects.
   */
  leave(): Promise<boolean>;
  /** Removes the heartbeat, so that others need not wait to end what this process leaves behind. */
  stop(): Promise<void>;
}

const BEAT_MS = 10_000;
/** Four heartbeats missed. */
const SILENT_MS = 45_000;
/** Watching starts again after a longer pause, as in an outage of the store or a sleep of the machine. */
const MAX_GAP_MS = 30_000;
/** No answer runs for as long, whatever the clocks of two machines say. */
const LONG_GONE_MS = 3_600_000;

const heartbeatRow = z.object({
  at: z.number(),
  /** Whether the process is shutting down: it finishes its answers, and stops. */
  isLeaving: z.boolean().optional(),
});

/** Compares heartbeats with each other and never with the clock, as the clocks of two machines differ. */
function createWatch({ now }: Pick<Clock, "now">) {
  const seen = new Map<string, { readonly heartbeat: string; readonly since: number }>();
  let lookedAt = now();
  return {
    /** Whether a process has been silent for long enough, given its heartbeat as it is stored now. */
    isSilent(owner: string, row: unknown): boolean {
      const last = seen.get(owner);
      const heartbeat = JSON.stringify(row);
      if (now() - lookedAt > MAX_GAP_MS) seen.clear();
      lookedAt = now();
      if (now() - (heartbeatRow.safeParse(row).data?.at ?? 0) > LONG_GONE_MS && last === undefined) return true;
      if (last?.heartbeat === heartbeat && seen.has(owner)) return now() - last.since >= SILENT_MS;
      seen.set(owner, { heartbeat, since: now() });
      return false;
    },
    keepOnly(owners: ReadonlySet<string>): void {
      lookedAt = now();
      for (const owner of [...seen.keys()].filter((each) => !owners.has(each))) seen.delete(owner);
    },
  };
}

export function createLiveness({ store, clock, log, owner }: LivenessDeps): Liveness {
  const heartbeats = store.values("processes");
  const watch = createWatch(clock);
  let stopRounds = () => {};
  let peers = 0;
  let isLeaving = false;
  /** Stores a sign of life, and reads those of the others. */
  const exchange = async () => {
    await heartbeats.set(owner, { at: clock.now(), ...(isLeaving && { isLeaving }) });
    return (await heartbeats.entries()).filter(([other]) => other !== owner);
  };
  const beat = async () => {
    const others = await exchange();
    const gone = others.filter(([other, row]) => hasEnded(other) || watch.isSilent(other, row)).map(([other]) => other);
    watch.keepOnly(new Set(others.map(([other]) => other)));
    peers = others.length - gone.length;
    // Who has no heartbeat counts as gone, so nothing is lost with it.
    if (gone.length > 0)
      await store.write(gone.map((other) => ({ table: "processes", key: other, value: undefined }) as const));
  };
  return {
    async isGone(other) {
      if (other === owner) return false;
      if (other === "" || hasEnded(other)) return true;
      const [row] = await heartbeats.getMany([other]);
      return row === undefined || watch.isSilent(other, row);
    },
    hasPeers: () => peers > 0,
    async findPeers() {
      const others = await heartbeats.entries().catch(() => []);
      const alive = others.filter(([other]) => other !== owner && !hasEnded(other));
      peers = Math.max(peers, alive.length);
      return peers > 0;
    },
    replicas: () => peers + 1,
    async leave() {
      isLeaving = true;
      try {
        const goesOn = ([other, row]: readonly [string, unknown]) =>
          heartbeatRow.safeParse(row).data?.isLeaving !== true && !hasEnded(other) && !watch.isSilent(other, row);
        return (await exchange()).some(goesOn);
      } catch (error) {
        log.warn({ error }, "other replicas learn late that this one stops");
        return peers > 0;
      }
    },
    async start() {
      await beat();
      stopRounds = startRounds({ clock, log, everyMs: BEAT_MS, what: "the heartbeat", work: beat });
    },
    async stop() {
      stopRounds();
      await heartbeats
        .delete(owner)
        .catch((error) => log.warn({ error }, "the heartbeat could not be removed; it expires by itself"));
    },
  };
}

export interface RemoteStopDeps {
  readonly sessions: Pick<Sessions, "openQuestions" | "askToStop" | "isAskedToStop">;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among all that share the store. */
  readonly owner: string;
  /** Whether other processes share the store now. */
  hasPeers(): boolean;
  /** Whether they do by now. Never rejects. */
  findPeers(): Promise<boolean>;
}

/** Stops of answers that another process gives than the one that the press came to. */
export interface RemoteStop {
  /** Asks whoever answers there. @throws {StoreError} */
  ask(...given: Parameters<TurnControl["stop"]>): ReturnType<TurnControl["stop"]>;
  /** Calls back once if another process was asked to have this question's answer stopped, until `over` aborts. */
  watch(id: string, onStop: () => void, over: AbortSignal): void;
}

/** A stream that is stopped elsewhere has closed within half a second. */
const LOOK_MS = 300;
/** Where nobody else is known yet: a process that has just started is known to the others within half a minute. */
const LOOK_ALONE_MS = 10_000;

/** Whether a question is answered in a conversation: in its line, beside its history, or in its thread. */
function isIn(conversation: string, question: OpenQuestion): boolean {
  const at = messageKeySchema.safeParse(question.compared?.at).data;
  return question.conversation === conversation || (at !== undefined && conversationOf(at) === conversation);
}

export function createRemoteStop(deps: RemoteStopDeps): RemoteStop {
  const { sessions, clock, log, owner, hasPeers, findPeers } = deps;
  const look = async (id: string, onStop: () => void, over: AbortSignal) => {
    for (;;) {
      await clock.sleep(hasPeers() ? LOOK_MS : LOOK_ALONE_MS, over);
      if (!hasPeers()) continue;
      const isAsked = await sessions.isAskedToStop(id).catch((error) => {
        log.debug({ error }, "stop requests of other replicas could not be read");
        return false;
      });
      if (isAsked) return onStop();
    }
  };
  return {
    async ask(conversation, by, answer) {
      if (!hasPeers() && !(await findPeers())) return "nothing-runs";
      const others = (await sessions.openQuestions()).filter(
        ([, question]) => question.owner !== owner && question.ended === null && isIn(conversation, question),
      );
      const inLine = others.filter(([, { compared }]) => compared === undefined);
      // Among those of the line, the one that shows something already.
      const first = inLine.find(([, { answer: shown }]) => shown !== null) ?? inLine[0];
      const compared = others.filter(([, question]) => question.compared !== undefined);
      const all = [...(first === undefined ? [] : [first]), ...compared];
      const meant = answer === undefined ? all : compared.filter(([id]) => answerIdOf({ id }) === answer);
      if (meant.length === 0) return "nothing-runs";
      const stopped = meant.filter(([, one]) => by.isOperator || (one.compared?.by.id ?? one.authorId) === by.id);
      for (const [id] of stopped) await sessions.askToStop(id);
      return stopped.length > 0 ? "stopped" : "not-yours";
    },
    watch(id, onStop, over) {
      look(id, onStop, over).catch(() => {}); // only called off, when the answer has ended
    },
  };
}

type PeersDeps = Pick<ChatDeps, "sessions" | "owner" | "hasPeers" | "clock" | "log">;

/**
 * Whether no other replica has a question of the conversation that came earlier. Within this process the line keeps the
 * order. Never rejects.
 */
export async function isNext(deps: PeersDeps, question: Question): Promise<boolean> {
  const { message } = question;
  const { sessions, owner, hasPeers, log } = deps;
  if (!hasPeers()) return true;
  const [conversation, place] = [conversationOf(message), placeInLine(question)];
  try {
    const read = () => sessions.openQuestions(questionPrefixOf(message));
    const open = await untilStored(read, deps, ASKER_PAUSES_MS);
    return !open.some(([otherId, other]) => {
      const isInLine = other.conversation === conversation && other.ended === null && other.compared === undefined;
      const isElsewhere = isInLine && other.owner !== owner;
      return isElsewhere && isBefore({ at: orderOf(other), id: otherId }, place);
    });
  } catch (error) {
    log.warn({ error }, "question is answered without checking other replicas' questions");
    return true;
  }
}

/** Others take a process for ended that gives no sign of life for longer, and its questions with it. */
const SURELY_OURS_MS = 30_000;

/**
 * Whether others have ended or taken the question while this process stood still, as on a suspended machine: also one
 * that found no peers when it last looked.
 */
export async function isTakenOver(deps: Omit<PeersDeps, "hasPeers">, { id, at }: Question): Promise<boolean> {
  const { sessions, owner, clock, log } = deps;
  if (clock.now() - at < SURELY_OURS_MS) return false;
  try {
    // After a sleep all connections have ended.
    const stored = await untilStored(() => sessions.openQuestion(id), deps, ASKER_PAUSES_MS);
    return stored?.owner !== owner;
  } catch (error) {
    log.warn({ error }, "question is answered without checking which replica has it");
    return false;
  }
}
