interface Frame {
  readonly page: number;
  /** The last one of a transaction. */
  readonly isEnd: boolean;
}
interface Log {
  readonly pageBytes: number;
}
export const FRAME_BYTES: number;
export function readLog(file: string): Log;
export function framesBetween(before: Log, after: Log): readonly Frame[];
