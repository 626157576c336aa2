/** An argument of a command. Text is greedy only as the last option. */
export type Option = { readonly about: string; readonly isRequired?: boolean } & (
  | { readonly kind: "flag" }
  | {
      readonly kind: "choice";
      readonly values: readonly {
        readonly value: string;
        readonly label: string;
        readonly aliases?: readonly string[];
      }[];
    }
  /** One word, as a model or provider; `isSuggested`: the command has autocomplete for it. `accepts`: which bare values it takes. */
  | {
      readonly kind: "word";
      readonly isSuggested?: boolean;
      readonly accepts?: (value: string) => boolean;
      readonly takes?: () => string;
    }
  | { readonly kind: "text"; readonly maxChars: number }
);
export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { kind: "flag" } ? boolean : string;
export type ArgumentsOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { isRequired: true } ? ValueOf<O[K]> : ValueOf<O[K]> | undefined;
};
