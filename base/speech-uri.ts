/** How a play names a text among its files: it is spoken instead of read from a file. */

const scheme = 'speech:';

/** The longest text that is spoken at once. */
export const longestSpeech = 2000;

/** Names a text in a language (BCP 47). */
export function speechUri(language: string, text: string): string {
  return `${scheme}${language}/${encodeURIComponent(text)}`;
}

/** What a name says; undefined where it names no text. */
export function speechOfUri(uri: string): { readonly language: string; readonly text: string } | undefined {
  const slash = uri.indexOf('/');
  if (!uri.startsWith(scheme) || slash < 0) return undefined;
  try {
    return { language: uri.slice(scheme.length, slash), text: decodeURIComponent(uri.slice(slash + 1)) };
  } catch {
    return undefined;
  }
}
