/** Lines of a crash report that say where, not what. */
const noise = /^(\s*at |node:|Node\.js v|file:\/\/|\s*\^|\s*throw |\s*[{}\]]|\s+\w+: )/;

function fromLog(line: string): string | undefined {
  try {
    const entry = JSON.parse(line) as {
      level?: unknown;
      msg?: unknown;
      message?: unknown;
      err?: { message?: unknown };
    };
    if (entry.level !== 'error' && entry.level !== 'fatal' && !(typeof entry.level === 'number' && entry.level >= 50))
      return undefined;
    const parts = [entry.msg ?? entry.message, entry.err?.message].filter((part) => typeof part === 'string');
    return parts.length === 0 ? undefined : parts.join(': ');
  } catch {
    return undefined;
  }
}

/**
 * What a program that ended last complained of, in at most 600 characters: the error of a crash report, else its last plain
 * lines, else the last error of its log. Empty when it said nothing.
 */
export function complaintOf(lines: readonly string[]): string {
  const usage = lines.findIndex((line) => line.startsWith('usage:'));
  // A usage text follows the complaint about an argument.
  const before = usage > 0 ? lines.slice(0, usage) : lines;
  const plain = before.filter((line) => !line.startsWith('{') && !noise.test(line) && line.trim() !== '');
  const error = plain.findLast((line) => /^(Uncaught )?\w*Error\b.*:/.test(line));
  const said = error ?? plain.slice(-3).join(' | ');
  const logged = lines.flatMap((line) => fromLog(line) ?? []).at(-1);
  return (said === '' ? (logged ?? '') : said).slice(0, 600);
}
