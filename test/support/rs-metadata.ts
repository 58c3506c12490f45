/** Reads the metadata of a recorder's INVITE and holds it against the rules of RFC 7865's schema: names, order, ids, references. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plain(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const char = entities[name];
    if (char === undefined) throw new Error(`${whole} is no entity`);
    return char;
  });
}

/** Strict about what it knows: elements, attributes in double quotes, text. Throws for all else. */
export function readXml(document: string): XmlElement {
  const token =
    /<\?xml version="1\.0" encoding="UTF-8"\?>|<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  const root = { name: '', attributes: {}, children: [] as XmlElement[], text: '' };
  const open: { name: string; attributes: Record<string, string>; children: XmlElement[]; text: string }[] = [root];
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const found = token.exec(document);
    if (found === null) throw new Error(`not XML at ${String(at)}: ${document.slice(at, at + 40)}`);
    const [, end, name, attributes = '', empty, text] = found;
    const inside = open.at(-1) ?? root;
    if (text !== undefined) inside.text += plain(text);
    if (name === undefined) continue;
    if (end === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> ends nothing`);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w:.-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      plain(value),
    ]);
    const element = { name, attributes: Object.fromEntries(pairs) as Record<string, string>, children: [], text: '' };
    inside.children.push(element);
    if (empty !== '/') open.push(element);
  }
  const [only] = root.children;
  if (open.length !== 1 || root.children.length !== 1 || only === undefined) throw new Error('not one whole document');
  return only;
}

/** What the schema lets a recording consist of, in its order. */
const order = [
  ...['datamode', 'group', 'session', 'participant', 'stream'],
  ...['sessionrecordingassoc', 'participantsessionassoc', 'participantstreamassoc'],
];
const inside: Readonly<Record<string, readonly string[]>> = {
  session: ['sipSessionID', 'reason', 'group-ref', 'start-time', 'stop-time'],
  participant: ['nameID'],
  stream: ['label', 'content-type'],
  sessionrecordingassoc: ['associate-time', 'disassociate-time'],
  participantsessionassoc: ['associate-time', 'disassociate-time', 'param'],
  participantstreamassoc: ['send', 'recv', 'associate-time', 'disassociate-time'],
};
const attributes: Readonly<Record<string, readonly string[]>> = {
  session: ['session_id'],
  participant: ['participant_id'],
  stream: ['stream_id', 'session_id'],
  sessionrecordingassoc: ['session_id'],
  participantsessionassoc: ['participant_id', 'session_id'],
  participantstreamassoc: ['participant_id'],
};

function isInOrder(names: readonly string[], allowed: readonly string[]): boolean {
  const places = names.map((name) => allowed.indexOf(name));
  return places.every((place, at) => place >= 0 && place >= (places[at - 1] ?? 0));
}

const uuid = /^[A-Za-z0-9+/]{22}==$/;
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Everything in it that the schema would refuse, as phrases. */
export function metadataFaults(document: string): string[] {
  const recording = readXml(document);
  const faults: string[] = [];
  const check = (right: boolean, fault: string): void => void (right || faults.push(fault));
  check(recording.name === 'recording', `the root is ${recording.name}`);
  check(recording.attributes['xmlns'] === 'urn:ietf:params:xml:ns:recording:1', 'another namespace');
  check(
    isInOrder(
      recording.children.map(({ name }) => name),
      order,
    ),
    'children of recording out of order',
  );
  const ids = { session_id: new Set<string>(), participant_id: new Set<string>(), stream_id: new Set<string>() };
  for (const { name, attributes: has } of recording.children) {
    if (name === 'session') ids.session_id.add(has['session_id'] ?? '');
    if (name === 'participant') ids.participant_id.add(has['participant_id'] ?? '');
    if (name === 'stream') ids.stream_id.add(has['stream_id'] ?? '');
  }
  for (const { name, children, attributes: has, text } of recording.children) {
    if (name === 'datamode') check(['complete', 'partial'].includes(text), `datamode ${text}`);
    check(
      isInOrder(
        children.map((child) => child.name),
        inside[name] ?? [],
      ),
      `children of ${name} out of order`,
    );
    check(
      Object.keys(has).join() === (attributes[name] ?? []).join(),
      `attributes of ${name}: ${Object.keys(has).join()}`,
    );
    for (const [key, value] of Object.entries(has)) {
      check(uuid.test(value), `${name} ${key} ${value} is no UUID in base64`);
      check(ids[key as keyof typeof ids].has(value), `${name} ${key} ${value} names nothing`);
    }
    for (const child of children) {
      if (/-time$/.test(child.name)) check(dateTime.test(child.text), `${child.name} ${child.text}`);
      if (['send', 'recv'].includes(child.name))
        check(ids.stream_id.has(child.text), `${child.name} ${child.text} names nothing`);
      if (child.name === 'nameID') check(/^sips?:\S+$/.test(child.attributes['aor'] ?? ''), 'nameID without aor');
    }
  }
  return faults;
}
