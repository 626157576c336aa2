/** What the composer offers for what is typed: commands by their words, models after `/models use`. */
export function suggest(text, { commands, models }) {
  if (!/^[/!]/.test(text) || text.includes("\n")) return [];
  const sign = text[0];
  const typed = text.slice(1).toLowerCase();
  const wanted = /^(models use|settings model) +(.*)$/.exec(typed);
  if (wanted !== null) {
    const words = wanted[2].split(/\s+/).filter((word) => word !== "");
    return models
      .map(({ provider, id, name }) => ({ full: `${provider}/${id}`, name }))
      .filter(({ full, name }) => words.every((word) => `${full} ${name}`.toLowerCase().includes(word)))
      .slice(0, 8)
      .map(({ full, name }) => ({ text: `${sign}${wanted[1]} ${full}`, label: full, about: name, isWhole: true }));
  }
  const found = commands.filter(
    ({ path }) => path.startsWith(typed) || path.split(" ").some((word) => word.startsWith(typed)),
  );
  return found
    .filter(({ path }) => path !== typed)
    .slice(0, 8)
    .map(({ path, about }) => ({ text: `${sign}${path} `, label: `${sign}${path}`, about, isWhole: false }));
}
