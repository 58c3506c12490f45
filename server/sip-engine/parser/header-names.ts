/** Canonical names of every header the engine or its apps are likely to meet, in long form. */
const known = [
  ...'Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Answer-Mode'.split(' '),
  ...'Authentication-Info Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding'.split(' '),
  ...'Content-Language Content-Length Content-Type CSeq Date Diversion Error-Info Event Expires Flow-Timer From'.split(
    ' ',
  ),
  ...'Geolocation History-Info Identity Identity-Info In-Reply-To Info-Package Join Max-Breadth Max-Forwards'.split(
    ' ',
  ),
  ...'MIME-Version Min-Expires Min-SE Organization P-Access-Network-Info P-Asserted-Identity'.split(' '),
  ...'P-Associated-URI P-Called-Party-ID P-Charging-Vector P-Early-Media P-Preferred-Identity Path Priority'.split(' '),
  ...'Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route Recv-Info Refer-Sub'.split(
    ' ',
  ),
  ...'Refer-To Referred-By Reject-Contact Remote-Party-ID Replaces Reply-To Request-Disposition Require'.split(' '),
  ...'Retry-After Route RSeq Security-Client Security-Server Security-Verify Server Service-Route'.split(' '),
  ...'Session-Expires SIP-ETag SIP-If-Match Subject Subscription-State Supported Target-Dialog Timestamp To'.split(' '),
  ...'Unsupported User-Agent User-To-User Via Warning WWW-Authenticate'.split(' '),
];

/** RFC 3261 section 7.3.3 and the IANA registry: one-letter forms. */
const compact: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const canonical = new Map<string, string>();
for (const name of known) canonical.set(name.toLowerCase(), name).set(name, name);
for (const [letter, name] of Object.entries(compact)) canonical.set(letter, name).set(letter.toUpperCase(), name);

/** The canonical long form of a known header name, whatever its case; undefined for a name we do not know. */
export function knownHeaderName(name: string): string | undefined {
  return canonical.get(name) ?? canonical.get(name.toLowerCase());
}

/** The name as it goes to an app: known names canonical and long, others as they came. */
export function receivedHeaderName(name: string): string {
  return knownHeaderName(name) ?? name;
}

/** The name as an app's header goes on the wire: unknown names with each word capitalised, but `X-...` left alone. */
export function sentHeaderName(name: string): string {
  const found = knownHeaderName(name);
  if (found !== undefined) return found;
  if (name.startsWith('X-') || name.startsWith('x-')) return name;
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('-');
}
