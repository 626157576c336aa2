import type { ChartConfiguration, Plugin } from "chart.js";
import type { BarChart, Tone } from "./chart.js";

const FONT_PX = 14;
/** Generous: digits are narrower. */
const CHARACTER_PX = 9;
const PADDING_PX = 20;
const CORNER_PX = 12;
/** Device pixels to one CSS pixel, for screens that have more. */
const SCALE = 2;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Our chart in the words of chart.js. `family` is a list of font families. */
export function chartOptions(chart: BarChart, family: string): ChartConfiguration<"bar", number[], string> {
  const font = { family, size: FONT_PX };
  const largest = Math.max(
    1,
    chart.limit ?? 0,
    ...chart.bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0)),
  );
  const values = {
    stacked: true,
    beginAtZero: true,
    ...(!chart.isTimeline && { max: largest }), // no round number beyond it, which would cost the bars their room
    grid: { color: palette.grid },
    border: { display: false },
    ticks: {
      font,
      includeBounds: false,
      color: palette.quiet,
      maxTicksLimit: 5,
      callback: (value: string | number) => compact.format(Number(value)),
    },
  };
  const groups = {
    stacked: true,
    grid: { display: false },
    border: { display: false },
    ticks: { font, color: palette.text, autoSkip: chart.isTimeline, maxRotation: 0 },
  };
  const noteChars = chart.isTimeline ? 0 : Math.max(0, ...chart.bars.map(({ note }) => note.length));
  const right = PADDING_PX + noteChars * CHARACTER_PX;
  return {
    type: "bar",
    data: {
      labels: chart.bars.map(({ label }, index) => drawable(label, `no. ${index + 1}`)),
      datasets: chart.parts.map(({ label, tone }, part) => ({
        label,
        data: chart.bars.map(({ values }) => values[part] ?? 0),
        backgroundColor: tones[tone],
        maxBarThickness: 34,
        borderRadius: 3,
      })),
    },
    options: {
      indexAxis: chart.isTimeline ? "x" : "y",
      animation: false,
      responsive: false,
      devicePixelRatio: SCALE,
      events: [],
      layout: { padding: { top: PADDING_PX, left: PADDING_PX, bottom: PADDING_PX, right } },
      scales: chart.isTimeline ? { x: groups, y: values } : { x: values, y: groups },
      plugins: {
        title: {
          display: true,
          text: chart.title,
          color: palette.text,
          align: "start",
          padding: { top: 0, bottom: PADDING_PX },
          font: { family, size: FONT_PX + 3, weight: 600 },
        },
        legend: {
          align: "start",
          position: "bottom",
          labels: {
            font,
            color: palette.quiet,
            boxWidth: FONT_PX,
            boxHeight: FONT_PX,
            useBorderRadius: true,
            borderRadius: 3,
          },
        },
        tooltip: { enabled: false },
      },
    },
    plugins: [card, ...(chart.isTimeline ? [] : [notes(chart, family)]), ...limitLine(chart)],
  };
}

const card: Plugin<"bar"> = {
  id: "card",
  beforeDraw({ ctx, width, height }) {
    ctx.fillStyle = palette.card;
    ctx.beginPath();
    ctx.roundRect(0, 0, width, height, CORNER_PX);
    ctx.fill();
  },
};

const limitLine = ({ limit }: BarChart): readonly Plugin<"bar">[] =>
  limit === undefined
    ? []
    : [
        {
          id: "limit",
          afterDatasetsDraw({ ctx, scales, chartArea }) {
            const at = scales.x?.getPixelForValue(limit) ?? 0;
            ctx.strokeStyle = palette.text;
            ctx.lineWidth = 2;
            ctx.setLineDash([6, 4]);
            ctx.beginPath();
            ctx.moveTo(at, chartArea.top);
            ctx.lineTo(at, chartArea.bottom);
            ctx.stroke();
            ctx.setLineDash([]);
          },
        },
      ];

const notes = (chart: BarChart, family: string): Plugin<"bar"> => ({
  id: "notes",
  afterDatasetsDraw({ ctx, scales }) {
    ctx.fillStyle = palette.quiet;
    ctx.font = `${FONT_PX}px ${family}`;
    ctx.textBaseline = "middle";
    chart.bars.forEach(({ values, note }, index) => {
      const end = scales.x?.getPixelForValue(values.reduce((sum, value) => sum + value, 0)) ?? 0;
      ctx.fillText(note, end + 8, scales.y?.getPixelForValue(index) ?? 0);
    });
  },
});

/** What the font that comes with the bot can draw: these scripts, digits, and the signs of everyday text. */
const UNKNOWN =
  /[^\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\u0020-\u007e\u00a0-\u00ff\u2010-\u2027\u2030-\u203a≈≥≤€]/gu;

/** A label without what would come out as empty boxes; `otherwise` where nothing is left of it. */
export function drawable(label: string, otherwise: string): string {
  const left = label.normalize("NFC").replace(UNKNOWN, "").replace(/\s+/g, " ").trim();
  return /[\p{L}\p{N}]/u.test(left) ? left : otherwise;
}

/**
 * The chart brings its own dark card, so that it reads the same on a dark and on a light theme; the corners around it
 * are transparent. Every text has a contrast of at least 4.5 with the card, every bar one of 3 (WCAG 2.2, 1.4.3,
 * 1.4.11).
 */
export const palette = { card: "#23262d", text: "#f2f3f5", quiet: "#b5bac1", grid: "#3a3e47" } as const;

export const tones: Readonly<Record<Tone, string>> = { main: "#58a6ff", faded: "#a9d1ff", accent: "#ffb454" };
