import { BoundedMap } from "../../base/bounded-map.js";
import { OVER } from "../../base/clock.js";
import { UserError } from "../../base/errors.js";
import { createSerial } from "../../base/serial.js";
import { erasedPersonKey } from "../../store/sessions/erase-conversations.js";
import { channelKeyOf, channelOf, conversationOf, questionIdOf } from "../port/conversation.js";
import type { ChannelKey, MessageKey } from "../port/platform.js";
import type { MissedMention } from "../port/platform-definition.js";
import { PlatformError } from "../port/platform-error.js";
import type { PlaceAfter } from "../turn/turn.js";
import { inTurn } from "./in-turn.js";
import { knownPlaces } from "./known-places.js";
import { LiveQuestions } from "./live-questions.js";
import type { SearchDeps, SearchTerms, ToldPlaces } from "./search-deps.js";

/** Places that are read at the same time. */
const MAX_READ = 4;
/** Conversations in which missed questions are answered at the same time: questions that come now have the rest. */
const MAX_ANSWERED = 4;
/** How long an answer keeps the next missed conversation waiting. */
const LONGEST_TURN_MS = 60_000;
/** The oldest question comes first, over all places that are read within this time. */
const GATHER_MS = 3_000;
/** How long the questions of a conversation wait for what was asked there before; they are stored meanwhile. */
export const LONGEST_WAIT_MS = 10_000;
/** Places that the platform names and the store doesn't know, at each begin. */
const MAX_TOLD = 25;
/** A place that may not be read is left alone for so long: Discord bans who insists. */
const CLOSED_MS = 3_600_000;
/** How long before its last reading a place is read again (ms): clocks differ, and lists lag behind. */
const OVERLAP_MS = 60_000;
const TRIES = 3;
const RETRY_MS = 10_000;
/** The search on one platform: what ends (a read, an answer, a pause) sets off what comes next. */
export class MissedSearch {
  readonly #deps: SearchDeps;
  readonly #terms: SearchTerms;
  readonly #inOrder = createSerial();
  /** Still to be read, the most recently active first, by conversation. */
  readonly #pending = new Map<string, ChannelKey>();
  readonly #reading = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  readonly #closedUntil = new BoundedMap<string, number>(1_000);
  /** When this process has last read a place, by conversation: what was written earlier is found. */
  readonly #readAt = new BoundedMap<string, number>(1_000);
  /** Missed questions that are not in line yet, oldest first, by conversation. */
  readonly #found = new Map<string, readonly MissedMention[]>();
  readonly #answering = new Set<string>();
  readonly #live = new LiveQuestions(() => this.#pump());
  /** By conversation: settled when its missed questions are in line, or that has taken too long. */
  readonly #waits = new Map<string, Promise<void>>();
  #known = new Set<string>();
  #told = 0;
  #listing: Promise<void> = Promise.resolve();
  /** How often events came in again: at the start, and after each gap. */
  #openings = 0;
  readonly #handing = new Set<string>();
  #listings = 0;
  #readers = 0;
  #gatherUntil = 0;

  constructor(deps: SearchDeps, terms: SearchTerms) {
    this.#deps = deps;
    this.#terms = terms;
  }

  begin(told?: ToldPlaces): void {
    if (told === undefined) this.#openings += 1;
    if (this.#deps.isFirstStart && this.#openings <= 1) return;
    const list = () => (told === undefined ? this.#listKnown() : this.#listTold(told));
    this.#waits.clear();
    this.#listings += 1;
    this.#listing = this.#listing
      .then(list)
      .catch((error) => this.#deps.log.warn({ error }, "catch-up: the store could not say where to look"))
      .finally(() => {
        this.#listings -= 1;
      });
  }

  behind<T>(message: MessageKey, take: (after: PlaceAfter) => Promise<T>): Promise<T> {
    if (this.#hasNothingBefore(message)) return take((place) => place());
    return this.#live.take(message, () => this.#missedFirst(message), take);
  }

  #hasNothingBefore({ message, ...place }: MessageKey): boolean {
    if (this.#listings > 0 || this.#live.isWaitingIn(conversationOf(place))) return false;
    const { thread: _thread, ...channel } = place;
    const busy = [this.#pending, this.#reading, this.#found, this.#handing];
    return ![place, channel].some((each) => busy.some((places) => places.has(conversationOf(each))));
  }

  #missedFirst(message: MessageKey): Promise<void> {
    const conversation = conversationOf(message);
    const known = this.#waits.get(conversation);
    if (known !== undefined) return known;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#terms.signal]);
    const tooLong = this.#deps.clock.sleep(LONGEST_WAIT_MS, signal).catch(() => {}); // called off below, or stopped
    const isRead = this.#readFirst(message).finally(() => {
      over.abort(OVER);
      if (this.#waits.get(conversation) === wait) this.#waits.delete(conversation);
    });
    const wait = Promise.race([isRead, tooLong]);
    this.#waits.set(conversation, wait);
    return wait;
  }

  /** A thread may have begun with a question that was missed in its channel. */
  async #readFirst({ message, ...place }: MessageKey): Promise<void> {
    await this.#listing;
    const { thread, ...channel } = place;
    const places = thread === undefined || thread === message ? [place] : [place, channel];
    await Promise.all(places.map((each) => this.#readNext(conversationOf(each))));
    await this.#handOn(conversationOf(place));
  }

  #readNext(conversation: string): Promise<void> | undefined {
    const place = this.#pending.get(conversation);
    return place === undefined ? this.#reading.get(conversation) : this.#read(place);
  }

  async #listKnown(): Promise<void> {
    const { store, clock } = this.#deps;
    const places = await knownPlaces(store, this.#terms.platform);
    this.#known = new Set(places.map(conversationOf));
    this.#told = 0;
    this.#gatherUntil = clock.now() + GATHER_MS;
    this.#after(GATHER_MS, () => this.#pump());
    this.#add(places);
  }

  async #listTold(told: ToldPlaces): Promise<void> {
    const others = (await told)
      .filter((place) => !this.#known.has(conversationOf(place)))
      .slice(0, MAX_TOLD - this.#told);
    this.#told += others.length;
    this.#add(others);
  }

  #add(places: readonly ChannelKey[]): void {
    for (const place of places) {
      const conversation = conversationOf(place);
      if ((this.#closedUntil.get(conversation) ?? 0) <= this.#deps.clock.now()) this.#pending.set(conversation, place);
    }
    this.#fill();
  }

  #fill(): void {
    while (this.#readers < MAX_READ && !this.#terms.signal.aborted) {
      const [next] = this.#pending.values();
      if (next === undefined) return;
      this.#readers += 1;
      void this.#read(next).finally(() => {
        this.#readers -= 1;
        this.#fill();
        this.#pump();
      });
    }
  }

  /** Never rejects. */
  #read(place: ChannelKey): Promise<void> {
    const conversation = conversationOf(place);
    this.#pending.delete(conversation);
    const before = this.#reading.get(conversation) ?? Promise.resolve();
    const reading = before
      .then(() => this.#readNow(place))
      .catch((error) => this.#onFault(place, error))
      .finally(() => {
        if (this.#reading.get(conversation) === reading) this.#reading.delete(conversation);
      });
    this.#reading.set(conversation, reading);
    return reading;
  }

  async #readNow(place: ChannelKey): Promise<void> {
    const { clock, windowMs, firstStartAt } = this.#deps;
    const key = conversationOf(place);
    const now = clock.now();
    const readBefore = (this.#readAt.get(key) ?? 0) - OVERLAP_MS;
    const since = Math.max(now - windowMs, firstStartAt, readBefore);
    for await (const missed of this.#terms.read(place, since, this.#terms.signal)) {
      await this.#noteSince(since, missed);
      this.#pump();
    }
    this.#readAt.set(key, now);
    this.#failures.delete(key);
  }

  async #noteSince(since: number, missed: readonly MissedMention[]): Promise<void> {
    const { erasedAt } = this.#deps;
    const conversations = new Set(missed.map(({ message }) => conversationOf(message)));
    for (const conversation of conversations) {
      const forgottenAt = await erasedAt([conversation, channelOf(channelKeyOf(conversation))]);
      const mine = missed.filter(
        ({ message, writtenAt }) =>
          conversationOf(message) === conversation && writtenAt >= since && writtenAt > forgottenAt,
      );
      const kept = await Promise.all(mine.map(async (mention) => ((await this.#isErased(mention)) ? [] : [mention])));
      this.#note(conversation, kept.flat());
    }
  }

  /** Returns whether the writer has had everything of theirs erased since. */
  async #isErased({ message: { platform }, author, writtenAt }: MissedMention): Promise<boolean> {
    return writtenAt <= (await this.#deps.erasedAt([erasedPersonKey({ platform, id: author.id })]));
  }

  #note(conversation: string, missed: readonly MissedMention[]): void {
    const all = [...(this.#found.get(conversation) ?? []), ...missed];
    const once = new Map(all.map((mention) => [questionIdOf(mention.message), mention]));
    if (once.size > 0)
      this.#found.set(
        conversation,
        [...once.values()].sort((a, b) => a.writtenAt - b.writtenAt),
      );
  }

  #onFault(place: ChannelKey, error: unknown): void {
    const { log, clock } = this.#deps;
    if (this.#terms.signal.aborted) return;
    const conversation = conversationOf(place);
    if (error instanceof PlatformError && !error.isRetryable) {
      const level = this.#closedUntil.size === 0 ? "info" : "debug";
      log[level](
        { error, conversation },
        "catch-up: the history there cannot be read, missed questions stay unanswered",
      );
      return void this.#closedUntil.set(conversation, clock.now() + CLOSED_MS);
    }
    const failures = (this.#failures.get(conversation) ?? 0) + 1;
    this.#failures.set(conversation, failures);
    log.warn({ error, conversation, failures }, "catch-up: a place could not be read");
    if (failures >= TRIES) return void this.#failures.delete(conversation);
    const waitMs = (error instanceof PlatformError ? error.retryAfterMs : undefined) ?? RETRY_MS;
    this.#after(waitMs, () => this.#add([place]));
  }

  /** Hands on the oldest, in as many conversations as may be answered at the same time. */
  #pump(): void {
    const { clock, idleIn } = this.#deps;
    if (this.#terms.signal.aborted || (this.#readers > 0 && clock.now() < this.#gatherUntil)) return;
    while (this.#answering.size < MAX_ANSWERED) {
      const oldest = [...this.#found]
        .filter(
          ([conversation, [first]]) =>
            !this.#answering.has(conversation) && first && !this.#live.hasBefore(first.message),
        )
        .sort(([, [a]], [, [b]]) => (a?.writtenAt ?? 0) - (b?.writtenAt ?? 0))[0]?.[0];
      if (oldest === undefined) return;
      this.#answering.add(oldest);
      const over = new AbortController();
      const longest = () => clock.sleep(LONGEST_TURN_MS, AbortSignal.any([over.signal, this.#terms.signal]));
      void this.#handOn(oldest)
        .then(() => Promise.race([idleIn(oldest), longest().catch(() => {})]))
        .finally(() => {
          over.abort(OVER);
          this.#answering.delete(oldest);
          this.#pump();
        });
    }
  }

  /** Takes what was found of a conversation to its line. Never rejects. */
  #handOn(conversation: string): Promise<void> {
    const { log } = this.#deps;
    return this.#inOrder(conversation, async () => {
      const missed = this.#found.get(conversation) ?? [];
      this.#found.delete(conversation);
      if (missed.length === 0) return;
      this.#handing.add(conversation);
      let taken = 0;
      try {
        await inTurn({ ...this.#deps, signal: this.#terms.signal }, conversation, async () => {
          for (const mention of missed) {
            if (this.#live.hasBefore(mention.message)) break;
            await this.#terms.take(mention);
            taken += 1;
          }
        });
        this.#note(conversation, missed.slice(taken)); // handed on when the live one has its place
      } catch (error) {
        if (error instanceof UserError) return; // the bot stops: the next start looks again
        log.warn({ error, conversation }, "catch-up: missed questions could not be stored, retrying");
        this.#note(conversation, missed.slice(taken));
        this.#after(RETRY_MS, () => this.#pump());
      } finally {
        this.#handing.delete(conversation);
      }
    });
  }

  #after(ms: number, work: () => void): void {
    this.#deps.clock.sleep(ms, this.#terms.signal).then(work, () => {}); // stopped
  }
}
