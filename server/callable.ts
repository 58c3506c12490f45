/** What can be called over the trunks, by whoever asks: a number, never a SIP address, which would pass the trunks by. */
const callable = /^\+?[0-9*#]{2,32}$/;

/** The text as a number, E.164 where `normalise` can make it so; undefined where it is none. */
export function callableNumber(text: string, normalise: (number: string) => string): string | undefined {
  const number = normalise(text.trim());
  return callable.test(number) ? number : undefined;
}

/** Whether the text is written as a number of the dialplan may be: as it is dialled. */
export function isDialled(text: string): boolean {
  return callable.test(text);
}
