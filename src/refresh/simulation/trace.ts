import { UserError } from "../../base/errors.js";

/**
 * Times of the rows of a CSV text whose header names a column `unix_s`, in epoch ms, sorted.
 * @throws {UserError} naming the file and the line that cannot be read
 */
export function parseTrace(text: string, file: string): readonly number[] {
  const [header = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const column = header.split(",").indexOf("unix_s");
  if (column === -1) throw new UserError(`${file}: the first line must name its columns, unix_s among them`);
  const times: number[] = [];
  lines.forEach((line, index) => {
    if (line.trim() === "") return;
    const field = line.split(",")[column]?.trim();
    const seconds = field === undefined || field === "" ? Number.NaN : Number(field);
    if (!Number.isFinite(seconds) || seconds < 0)
      throw new UserError(`${file}: line ${index + 2} has no time in unix_s`);
    times.push(seconds * 1000);
  });
  if (times.length === 0) throw new UserError(`${file}: there is no row after the header`);
  return times.sort((a, b) => a - b);
}
