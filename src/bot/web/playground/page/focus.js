import { call } from "/assets/shared/api.js";

const GAP_MS = 60_000;

/** Tells the bot when somebody comes back to this page, so that old lists are refreshed; at most once a minute. */
export function tellFocus() {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = () => {
    const now = performance.now(); // the machine's clock may be set back
    if (document.visibilityState !== "visible" || now - toldAt < GAP_MS) return;
    toldAt = now;
    call("/api/focus", {}).catch(() => {}); // the connection shows where the bot is away; the schedule refreshes
  };
  document.addEventListener("visibilitychange", tell);
  addEventListener("focus", tell);
}
