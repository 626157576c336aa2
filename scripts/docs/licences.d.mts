export function licencesPage(
  packages: readonly { readonly name: string; readonly license: string; readonly isBundled: boolean }[],
): string;
