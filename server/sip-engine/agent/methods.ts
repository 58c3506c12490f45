import type { Header } from '../parser/message.ts';

const methods = 'INVITE ACK CANCEL BYE OPTIONS REGISTER PRACK UPDATE INFO MESSAGE SUBSCRIBE NOTIFY PUBLISH REFER';

/** Methods of RFC 3261 and its extensions that apps may be offered; others are 501 unless an app routed them. */
export const recognised: ReadonlySet<string> = new Set(methods.split(' '));

/** What goes with a 501 or 405 (RFC 3261 sections 20.5 and 8.2.1). */
export const allow: Header = { name: 'Allow', value: methods.replaceAll(' ', ', ') };
