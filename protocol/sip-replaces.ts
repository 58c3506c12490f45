/** A Replaces value: the dialog it names, seen from where it arrives (RFC 3891 section 6.1). */
export interface Replaced {
  readonly callId: string;
  /** Tag of whoever gets the INVITE. */
  readonly toTag: string;
  /** Tag of the peer of that dialog. */
  readonly fromTag: string;
  /** Only while it is not answered. */
  readonly earlyOnly: boolean;
}

/** Reads Replaces; undefined when a tag is missing. */
export function readReplaces(value: string): Replaced | undefined {
  const [callId = '', ...parameters] = value.split(';').map((part) => part.trim());
  const named = (name: string): string =>
    parameters.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const [toTag, fromTag] = [named('to-tag'), named('from-tag')];
  if (callId === '' || toTag === '' || fromTag === '') return undefined;
  return { callId, toTag, fromTag, earlyOnly: parameters.some((one) => one.toLowerCase() === 'early-only') };
}
