import { BoundedMap } from "../../../base/bounded-map.js";
import type { Mark } from "../../port/platform.js";
import type { ChannelEvents } from "./channel-events.js";

/** What happens in a channel that a page does not show. */
export interface ActivityView {
  /** When something was last said there, epoch ms; unset where nothing was since the start. */
  readonly activeAt?: number;
  /** A question is answered there, or waits. */
  readonly isBusy?: true;
}

/** What lately happened in each channel; in memory only. */
export interface ChannelActivity {
  of(channel: string): ActivityView;
  /** Something was said. */
  noteMessage(channel: string): void;
  /** A question's mark has changed. */
  noteMark(channel: string, message: string, mark: Mark | undefined): void;
  forget(channel: string): void;
}

const MAX_CHANNELS = 1_000;

export function createChannelActivity(hub: Pick<ChannelEvents, "sendAll">, now: () => number): ChannelActivity {
  const activeAt = new BoundedMap<string, number>(MAX_CHANNELS);
  const open = new BoundedMap<string, Set<string>>(MAX_CHANNELS);
  const of = (channel: string): ActivityView => {
    const at = activeAt.get(channel);
    return { ...(at !== undefined && { activeAt: at }), ...(open.get(channel)?.size && { isBusy: true }) };
  };
  const tell = (channel: string) => hub.sendAll("activity", { id: channel, ...of(channel) }, `activity ${channel}`);
  return {
    of,
    noteMessage(channel) {
      activeAt.set(channel, now());
      tell(channel);
    },
    noteMark(channel, message, mark) {
      const questions = open.get(channel) ?? new Set();
      open.set(channel, questions);
      const wasBusy = questions.size > 0;
      if (mark === "working" || mark === "waiting") questions.add(message);
      else if (questions.delete(message)) activeAt.set(channel, now());
      if (wasBusy !== questions.size > 0) tell(channel);
    },
    forget(channel) {
      activeAt.delete(channel);
      open.delete(channel);
    },
  };
}
