import type { Header, SipMessage } from './message.ts';

/** The start line of a message. */
export function startLine(message: SipMessage): string {
  return message.type === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}

/** Writes a message to bytes; Content-Length is always ours and counts bytes. */
export function writeMessage(message: SipMessage): Buffer {
  let text = `${startLine(message)}\r\n`;
  for (const header of message.headers) {
    if (header.name !== 'Content-Length') text += `${header.name}: ${header.value}\r\n`;
  }
  text += `Content-Length: ${message.body.length}\r\n\r\n`;
  return message.body.length === 0 ? Buffer.from(text) : Buffer.concat([Buffer.from(text), message.body]);
}

/** The headers with the first one of that name replaced, or added at the end. */
export function replaceHeader(headers: readonly Header[], name: string, value: string): Header[] {
  const copy = [...headers];
  const at = copy.findIndex((header) => header.name === name);
  if (at < 0) copy.push({ name, value });
  else copy[at] = { name, value };
  return copy;
}
