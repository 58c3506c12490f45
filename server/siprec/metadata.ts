/** The metadata of a recording session, a complete snapshot (RFC 7865). Pure. */
import { createHash } from 'node:crypto';
import { labelOf, type Party, type StreamName, streams, type Talk } from './talk.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text as it may stand in XML: what XML 1.0 does not know at all is left out. */
function xml(text: string): string {
  // Control characters have no way to be written in XML 1.0 (section 2.2).
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (char) => escapes[char] ?? '');
}

/** A UUID in base64 (RFC 7865 section 6.10), always the same for the same thing of a call. */
function idOf(callId: string, thing: string): string {
  const bytes = createHash('sha256').update(`${callId}\0${thing}`).digest().subarray(0, 16);
  // RFC 9562: version 8, made by whoever makes it.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('base64');
}

const time = (ms: number): string => new Date(ms).toISOString();

function participant(callId: string, { id, aor, name }: Party): string {
  const shown = name === null ? '' : `<name>${xml(name)}</name>`;
  return `  <participant participant_id="${idOf(callId, id)}">
    <nameID aor="${xml(aor)}">${shown}</nameID>
  </participant>
`;
}

/** Who sends which stream: each party its own, the other's it receives. */
function streamAssociation(callId: string, { id }: Party, own: StreamName, flowing: boolean): string {
  const [sent, heard] = own === 'caller' ? (['caller', 'other'] as const) : (['other', 'caller'] as const);
  const lines = [`<send>${idOf(callId, sent)}</send>`, `<recv>${idOf(callId, heard)}</recv>`];
  return `  <participantstreamassoc participant_id="${idOf(callId, id)}">${flowing ? lines.join('') : ''}</participantstreamassoc>
`;
}

/** The document (`application/rs-metadata+xml`). Its elements stand in the order of the schema. */
export function metadataOf({ callId, since, caller, other, joined = [], flowing }: Talk): string {
  const session = idOf(callId, 'session');
  const parties: readonly (readonly [StreamName, Party])[] = [
    ['caller', caller],
    ...(other === null ? [] : [['other', other] as const]),
    ...joined.map((party) => ['other', party] as const),
  ];
  const from = (ms: number): string => `<associate-time>${time(ms)}</associate-time>`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1">
  <datamode>complete</datamode>
  <session session_id="${session}">
    <start-time>${time(since)}</start-time>
  </session>
`,
    ...parties.map(([, party]) => participant(callId, party)),
    ...streams.map(
      (name) => `  <stream stream_id="${idOf(callId, name)}" session_id="${session}">
    <label>${labelOf[name]}</label>
  </stream>
`,
    ),
    `  <sessionrecordingassoc session_id="${session}">${from(since)}</sessionrecordingassoc>
`,
    ...parties.map(
      ([, { id, since: came = since }]) =>
        `  <participantsessionassoc participant_id="${idOf(callId, id)}" session_id="${session}">${from(came)}</participantsessionassoc>
`,
    ),
    ...parties.map(([own, party]) => streamAssociation(callId, party, own, flowing)),
    '</recording>\n',
  ].join('');
}
