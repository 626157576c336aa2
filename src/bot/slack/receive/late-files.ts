import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";

/** Slack sends a mention as `app_mention` and, where the app is subscribed, as `message`: files may be in that only. */
export interface LateFiles {
  /** Hands on a `message` event to whoever waits for the files of its mention. */
  offer(event: MentionEvent): void;
  /** Resolves with the event of a mention, with the files that its `message` event brings shortly after. */
  wait(event: MentionEvent): Promise<MentionEvent>;
}

export interface MentionEvent {
  readonly type?: unknown;
  readonly channel?: unknown;
  readonly ts?: unknown;
  readonly files?: unknown;
}

/** How long an answer waits for the second event (ms): Slack sends both together. */
const WAIT_MS = 250;
const MAX_WAITING = 500;

export function createLateFiles(clock: Clock): LateFiles {
  const waiting = new BoundedMap<string, (event: MentionEvent) => void>(MAX_WAITING);
  const keyOf = ({ channel, ts }: MentionEvent) => `${channel}:${ts}`;
  return {
    offer(event) {
      waiting.get(keyOf(event))?.(event);
    },
    async wait(event) {
      if (event.type !== "app_mention" || event.files !== undefined) return event;
      const key = keyOf(event);
      const second = new Promise<MentionEvent>((resolve) => waiting.set(key, resolve));
      const [files] = await Promise.race([second.then((found) => [found.files]), clock.sleep(WAIT_MS).then(() => [])]);
      waiting.delete(key);
      return files === undefined ? event : { ...event, files };
    },
  };
}
