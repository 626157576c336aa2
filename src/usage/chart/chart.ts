/** One group's bar: its parts in the order of the chart's `parts`, in the same unit. */
export interface Bar {
  readonly label: string;
  readonly values: readonly number[];
  /** Stands at its end: "12.3K · $0.04". */
  readonly note: string;
}

/** Colours that can be told apart, also by lightness alone; "faded" is a paler "main". */
export type Tone = "main" | "faded" | "accent";

/** A bar chart whose bars are stacked from parts. */
export interface BarChart {
  readonly title: string;
  /** Parts of a bar, with their names in the legend. */
  readonly parts: readonly { readonly label: string; readonly tone: Tone }[];
  readonly bars: readonly Bar[];
  /** Bars stand side by side, oldest first, and bear no notes; else they lie below each other, largest first. */
  readonly isTimeline: boolean;
  /** Where a line stands across the bars; none where unset. */
  readonly limit?: number;
}
