import type { Readable } from "node:stream";

export type Piece =
  | { readonly done: true; readonly value?: undefined }
  | { readonly done: false; readonly value: Uint8Array };

const END: Piece = { done: true };

/** Reads a body piece by piece, each as it comes: without the promises and copies of a web stream. */
export class BodyReader {
  readonly #body: Readable;
  readonly #pieces: Piece[] = [];
  #fault: unknown;
  #waiting: { resolve(piece: Piece): void; reject(error: unknown): void } | undefined;

  constructor(body: Readable) {
    this.#body = body
      .on("data", (value: Uint8Array) => this.#take({ done: false, value }))
      .on("end", () => this.#take(END))
      .on("error", (error) => {
        this.#fault = error;
        this.#waiting?.reject(error);
        this.#waiting = undefined;
      });
  }

  /** Resolves with the next piece. One call at a time. @throws what closed the connection, or an abort's error */
  read(): Promise<Piece> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) return Promise.resolve(piece);
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#body.readableEnded) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Ends the connection: nobody reads the rest. */
  cancel(): void {
    this.#body.destroy();
  }

  #take(piece: Piece): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#pieces.push(piece);
    else waiting.resolve(piece);
  }
}
