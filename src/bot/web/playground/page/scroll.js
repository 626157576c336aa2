import { byId } from "/assets/shared/elements.js";

const NEAR_THE_END_PX = 80;
const POINTED_MS = 2_000;

/**
 * Keeps the end of the conversation in view while nobody has scrolled up.
 * @param {HTMLElement} list
 */
export function createScroll(list) {
  const scroller = byId("scroller");
  const toNewest = byId("to-newest");
  let isFollowing = true;
  let lastTop = 0;
  /**
   * A card whose beginning is to stay in view, where it is longer than the screen.
   * @type {HTMLElement | undefined}
   */
  let opened;

  const distanceToEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  const toEnd = () => {
    isFollowing = true;
    opened = undefined;
    scroller.scrollTop = scroller.scrollHeight;
  };
  const settle = () => {
    if (!isFollowing) return;
    if (opened !== undefined && opened.offsetHeight > scroller.clientHeight) {
      isFollowing = false;
      opened.scrollIntoView({ block: "start" });
    } else scroller.scrollTop = scroller.scrollHeight;
  };
  scroller.addEventListener("scroll", () => {
    // Growing content moves the end away without anybody having scrolled: only going up counts.
    if (distanceToEnd() < NEAR_THE_END_PX) isFollowing = true;
    else if (scroller.scrollTop < lastTop) isFollowing = false;
    lastTop = scroller.scrollTop;
    toNewest.hidden = isFollowing;
  });
  scroller.tabIndex = 0; // so that the arrow keys scroll it
  const followGrowth = new ResizeObserver(settle);
  followGrowth.observe(scroller);
  followGrowth.observe(list);
  toNewest.addEventListener("click", toEnd);

  return {
    toEnd,
    settle,
    /** @param {HTMLElement} element */
    openAtTop(element) {
      opened = element;
    },
    /** @param {HTMLElement | undefined} element */
    point(element) {
      if (element === undefined) return;
      isFollowing = false;
      element.scrollIntoView({ block: "center" });
      element.classList.add("is-pointed");
      setTimeout(() => element.classList.remove("is-pointed"), POINTED_MS);
    },
  };
}
