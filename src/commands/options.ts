/** One of a choice's values; case is ignored, and its label is understood too. */
interface ChoiceValue {
  readonly value: string;
  readonly label: string;
  readonly aliases?: readonly string[];
  /** Named in parentheses only, as the way back to the default. */
  readonly isAside?: boolean;
}

/** An argument of a command. Text is greedy only as the last option. */
export type Option = {
  readonly about: string;
  readonly isRequired?: boolean;
  /** People, roles or channels, which a platform may hand over by their ids only where it is asked to. */
  readonly takesMentions?: true;
} & (
  | { readonly kind: "flag" }
  | { readonly kind: "choice"; readonly values: readonly ChoiceValue[] }
  /** One word, as a provider; `isSuggested`: the command has autocomplete for it. `accepts`: which values it takes. */
  | {
      readonly kind: "word";
      readonly isSuggested?: boolean;
      readonly accepts?: (value: string) => boolean;
      readonly takes?: () => string;
      /** 200 when unset: longer than any model's or provider's name. */
      readonly maxChars?: number;
    }
  | { readonly kind: "text"; readonly maxChars: number; readonly isSuggested?: boolean }
);
export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { kind: "flag" } ? boolean : string;
export type ArgumentsOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { isRequired: true } ? ValueOf<O[K]> : ValueOf<O[K]> | undefined;
};
