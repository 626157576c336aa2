// Runs before everything else of a page.

// A chosen theme does not flash.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";

// Chromium under LANG=C calls its language "en-US@posix", which Intl refuses; the charts' library reads it as it loads.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US" });
}
