import { BoundedMap } from "../../base/bounded-map.js";
import { type Clock, OVER } from "../../base/clock.js";
import {
  connectionError,
  type FaultContext,
  plainError,
  redirectError,
  refusalError,
  withLimits,
} from "../http/provider-fault.js";
import { readQuotaHeaders } from "../http/read-quota.js";
import { errorIn, type Refusal, readRefusal, refusalIn } from "../http/read-refusal.js";
import { headersOf, sendRequest, unpacked } from "../http/send-request.js";
import { type ChatEvent, type ChatRequest, type Provider, ProviderError, type QuotaReading } from "../provider.js";
import { acceptedRequest, type ChatWire } from "./accepted-request.js";
import { type Adaptation, adaptationFor, type Quirks, withinWindow } from "./adapt-request.js";
import { AnswerDraft } from "./answer-draft.js";
import { BodyReader, EventStreamParser, type Piece } from "./event-stream.js";
import { opensInThought } from "./think-tags.js";

interface Deps {
  readonly clock: Clock;
}

const MAX_ADAPTED_MODELS = 500;
/** More refusals of one question lead nowhere. */
const MAX_ADAPTATIONS = 6;
/** How long the count of tokens is waited for after the finish marker, and the end of the body after the answer. */
const GRACE_MS = 1_000;
const MAX_LATE_READS = 10;
/** After so many answers without thoughts in the text none are expected any more. */
const ENOUGH_PLAIN_ANSWERS = 3;

interface AnswerTerms {
  readonly wire: ChatWire;
  readonly deps: Deps;
  readonly known: BoundedMap<string, Quirks>;
  readonly request: ChatRequest;
  readonly signal: AbortSignal;
}

/** Returns the chats of one provider, which remember for as long as they live what a model refuses. */
export function createStreamChat(wire: ChatWire, deps: Deps): Provider["streamChat"] {
  const known = new BoundedMap<string, Quirks>(MAX_ADAPTED_MODELS);
  return (request, signal) => ({
    [Symbol.asyncIterator]: () => new AnswerStream({ wire, deps, known, request, signal }),
  });
}

/**
 * The events of one answer. An iterator by hand: a generator makes some promises more for every token, which is felt
 * with many answers at once.
 */
class AnswerStream implements AsyncIterator<ChatEvent> {
  readonly #terms: AnswerTerms;
  readonly #connection = new AbortController();
  #draft: AnswerDraft;
  #body: BodyReader | undefined;
  #parser: EventStreamParser | undefined;
  #limits: readonly QuotaReading[] | undefined;
  #quirks: Quirks;
  #adaptations = 0;
  #isShortened = false;
  #isOver = false;
  readonly #isAnswered = new AbortController();
  #late: Promise<Piece> | undefined;
  #fault: unknown;

  constructor(terms: AnswerTerms) {
    this.#terms = terms;
    this.#quirks = terms.known.get(terms.request.model) ?? {};
    this.#draft = this.#newDraft();
  }

  next(): Promise<IteratorResult<ChatEvent>> {
    const event = this.#draft.take();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    return this.#more();
  }

  #more(): Promise<IteratorResult<ChatEvent>> {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) return Promise.reject(fault);
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return this.#body === undefined ? this.#begin() : this.#readOn(this.#body);
  }

  async return(): Promise<IteratorResult<ChatEvent>> {
    if (!this.#isOver) this.#close();
    return { done: true, value: undefined };
  }

  async #begin(): Promise<IteratorResult<ChatEvent>> {
    this.#terms.signal.throwIfAborted();
    this.#terms.signal.addEventListener("abort", this.#giveUp);
    return this.#open().then(() => this.next(), this.#fail);
  }

  readonly #giveUp = () => this.#connection.abort(this.#terms.signal.reason);

  /** Asks, and asks again without what is refused. @throws {ProviderError} */
  async #open(): Promise<void> {
    const { provider, url, headers } = this.#terms.wire;
    const body = this.#terms.wire.body(this.#accepted(), this.#quirks);
    const response = await sendRequest({
      url,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "evergreen-bot",
        // What is packed comes in larger pieces, later, and has to be unpacked.
        "accept-encoding": "identity",
        ...headers,
      },
      body: JSON.stringify(body),
      signal: this.#connection.signal,
      isRepeatable: true,
    });
    const { statusCode: status = 0 } = response;
    if (status >= 300 && status < 400) {
      response.destroy();
      throw redirectError(provider, status);
    }
    const now = this.#terms.deps.clock.now();
    const told = headersOf(response);
    if (status < 200 || status >= 400)
      return this.#refused(await refusalIn({ status, headers: told, body: unpacked(response) }, now));
    const { model } = this.#terms.request;
    this.#limits = readQuotaHeaders(this.#terms.wire.quotaHeaders, told, { now, model });
    this.#body = new BodyReader(await unpacked(response));
    this.#parser = new EventStreamParser(provider, {
      json: (value, name) => this.#take(value, name),
      done: () => this.#draft.end(),
      fault: (words) => this.#draft.fail({ error: { message: words } }),
    });
  }

  /** @throws {ProviderError} where nothing can be left out */
  async #refused(refusal: Refusal): Promise<void> {
    const fault = refusalError(refusal, this.#context());
    const adaptation = this.#draft.hasSaid ? undefined : this.#adapt(refusal, fault);
    if (adaptation === undefined) throw fault;
    this.#adaptations += 1;
    this.#isShortened ||= adaptation.quirks.maxChars !== this.#quirks.maxChars;
    this.#quirks = adaptation.quirks;
    this.#draft = this.#newDraft();
    this.#body?.cancel(); // its answer was an error
    this.#body = undefined;
    await this.#open();
    if (adaptation.isLasting) this.#terms.known.set(this.#terms.request.model, this.#quirks);
  }

  /** The request as this model takes it, as far as its refusals have told. */
  #accepted(): ChatRequest {
    const request = acceptedRequest(this.#terms.request, this.#quirks);
    return withinWindow(request, this.#quirks, this.#terms.wire.maxOutputTokens(request, this.#quirks));
  }

  #adapt(refusal: Refusal, fault: ProviderError): Adaptation | undefined {
    if (this.#adaptations >= MAX_ADAPTATIONS) return undefined;
    const quirks = this.#quirks;
    const request = this.#accepted();
    const maxOutputTokens = this.#terms.wire.maxOutputTokens(request, quirks);
    return adaptationFor({ request, quirks, maxOutputTokens, isShortened: this.#isShortened }, refusal, fault.reason);
  }

  #newDraft(): AnswerDraft {
    const { plainAnswers = opensInThought(this.#terms.request.model) ? 0 : ENOUGH_PLAIN_ANSWERS } = this.#quirks;
    return new AnswerDraft({ mayOpenInThought: plainAnswers < ENOUGH_PLAIN_ANSWERS });
  }

  /** Remembers how a whole answer of this model began: the next is held back where it has to be, and only there. */
  #noteOpening() {
    const { known, request } = this.#terms;
    const { openedInThought } = this.#draft;
    const before = known.get(request.model);
    const plainAnswers = openedInThought ? 0 : (before?.plainAnswers ?? 0) + 1;
    if (openedInThought !== undefined && plainAnswers !== before?.plainAnswers)
      known.set(request.model, { ...before, plainAnswers });
  }

  #take(value: unknown, name: string) {
    const draft = this.#draft;
    if (draft.isOver) return;
    draft.hasEvents = true;
    const error = errorIn(value) ?? (name === "error" ? value : undefined);
    // An answer that has come to its finish is whole, whatever fails behind it.
    if (error !== undefined) draft.isWhole ? draft.end() : draft.fail(error);
    else if (Array.isArray(value)) for (const each of value) this.#take(each, name);
    else this.#terms.wire.read(value, draft, name);
  }

  #readOn(body: BodyReader): Promise<IteratorResult<ChatEvent>> {
    const piece = this.#draft.finishWord === undefined ? body.read() : this.#readLate(body);
    return piece.then(this.#taken, this.#fail);
  }

  /** After its finish marker an answer is whole; only the count of its tokens may follow, and not for long. */
  #readLate(body: BodyReader): Promise<Piece> {
    this.#late ??= this.#terms.deps.clock.sleep(GRACE_MS, this.#isAnswered.signal).then(
      () => ({ done: true }) as const,
      () => ({ done: true }) as const,
    );
    return Promise.race([body.read(), this.#late]);
  }

  /** No promise where an event has come: one more for each token would be felt. */
  readonly #taken = (piece: Piece): IteratorResult<ChatEvent> | Promise<IteratorResult<ChatEvent>> => {
    const draft = this.#draft;
    try {
      if (piece.done) this.#parser?.end();
      else this.#parser?.push(piece.value);
    } catch (error) {
      return this.#fail(error);
    }
    if (draft.error !== undefined) return this.#failInside(draft.error);
    if (piece.done || draft.isOver) return this.#finish();
    const event = draft.take();
    return event === undefined ? this.#more() : { done: false, value: event };
  };

  /** An error inside an answer with a good status. */
  #failInside(error: unknown): Promise<IteratorResult<ChatEvent>> {
    const refusal = readRefusal(error, { now: this.#terms.deps.clock.now() });
    return this.#refused(refusal).then(() => this.next(), this.#fail);
  }

  #finish(): Promise<IteratorResult<ChatEvent>> {
    const draft = this.#draft;
    if (this.#terms.signal.aborted || !draft.finish(this.#limits)) return this.#fail(this.#unfinished());
    this.#noteOpening();
    this.#end();
    this.#drain();
    return this.next();
  }

  #unfinished(): ProviderError {
    const { shownWord, hasEvents, hasShape } = this.#draft;
    const phrase = shownWord === undefined ? undefined : `ended its answer too early (${shownWord})`;
    return plainError(this.#terms.wire.provider, hasEvents && !hasShape ? "malformed" : "cut-off", phrase);
  }

  /** Everything that came before is delivered first. */
  readonly #fail = (error: unknown): Promise<IteratorResult<ChatEvent>> => {
    this.#draft.flush();
    if (this.#terms.signal.aborted) {
      this.#fault = this.#terms.signal.reason;
    } else {
      const fault = error instanceof ProviderError ? error : connectionError(error, this.#context());
      // Once its end was told an answer is whole, whatever follows.
      if (this.#draft.isWhole && this.#draft.error === undefined) return this.#finish();
      this.#fault = withLimits(fault, this.#limits);
    }
    this.#close();
    return this.next();
  };

  #context(): FaultContext {
    const { provider, key, quotaHeaders } = this.#terms.wire;
    return {
      provider,
      key,
      quotaHeaders,
      now: this.#terms.deps.clock.now(),
      request: this.#terms.request,
      hasText: this.#draft.hasSaid,
      hasListed: this.#terms.wire.hasListed(),
    };
  }

  #end() {
    this.#isOver = true;
    this.#terms.signal.removeEventListener("abort", this.#giveUp);
    this.#isAnswered.abort(OVER);
  }

  #close() {
    this.#end();
    this.#connection.abort(OVER);
  }

  /** Reads the end of the body, so that the connection can be used again, unless it stays open. */
  async #drain(): Promise<void> {
    const timer = new AbortController();
    this.#terms.deps.clock.sleep(GRACE_MS, timer.signal).then(
      () => this.#connection.abort(OVER),
      () => {}, // it ended in time
    );
    let reads = 0;
    try {
      while (!(await this.#body?.read())?.done) if (++reads === MAX_LATE_READS) this.#connection.abort(OVER);
    } catch {
      // nobody waits for it: the answer is whole
    } finally {
      timer.abort(OVER);
    }
  }
}
