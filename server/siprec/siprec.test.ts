import { describe, expect, it } from 'vitest';
import { metadataFaults, readXml } from '../../test/support/rs-metadata.ts';
import { bodyOf } from './body.ts';
import { answersOf, offerOf } from './description.ts';
import { metadataOf } from './metadata.ts';
import { begin, endpointOf, isOfRecorder, legOf, type Session, type SessionEvent, transition } from './session.ts';
import type { Talk } from './talk.ts';

const agent = { id: 'agent alice', aor: 'sip:alice@jackfield.local', name: 'Alice <"Ally"> & Söhne 陈\u0001' };
const talk: Talk = {
  ...{ callId: 'c1', since: Date.UTC(2026, 10, 22, 10), flowing: true, other: agent },
  caller: { id: 'caller', aor: 'sip:+8613800138000@jackfield.local', name: null },
};
const held: Talk = { ...talk, flowing: false };
const joined = [
  { id: 'leg c1.x2', aor: 'sip:+862112345678@jackfield.local', name: null, since: Date.UTC(2026, 10, 22, 11) },
];
const three: Talk = { ...talk, joined };
const moved: Talk = { ...talk, other: { id: 'agent bob', aor: 'sip:bob@jackfield.local', name: 'Bob' } };

describe('the metadata', () => {
  it('is as the schema wants it, in every state of a talk', () => {
    for (const each of [talk, held, three, moved, { ...talk, other: null, flowing: false }])
      expect({ talk: each, faults: metadataFaults(metadataOf(each)) }).toEqual({ talk: each, faults: [] });
  });

  it('names streams by their labels, and who sends and hears which', () => {
    const { children } = readXml(metadataOf(talk));
    const of = (name: string) => children.filter((child) => child.name === name);
    expect(of('stream').map((stream) => stream.children[0]?.text)).toEqual(['1', '2']);
    const [first = '', second = ''] = of('stream').map(({ attributes }) => attributes['stream_id']);
    const sends = of('participantstreamassoc').map((each) => each.children.map(({ name, text }) => [name, text]));
    expect(sends).toEqual([
      [
        ['send', first],
        ['recv', second],
      ],
      [
        ['send', second],
        ['recv', first],
      ],
    ]);
    expect(of('participant')[1]?.children[0]?.children[0]?.text).toBe('Alice <"Ally"> & Söhne 陈');
  });

  it('names those who came to the talk, since when, and that they are heard in the stream of the other party', () => {
    const { children } = readXml(metadataOf(three));
    const of = (name: string) => children.filter((child) => child.name === name);
    const [, other = ''] = of('stream').map(({ attributes }) => attributes['stream_id']);
    const sends = of('participantstreamassoc').map((each) => each.children[0]?.text);
    expect(sends.slice(1)).toEqual([other, other]);
    expect(of('participantsessionassoc').map((each) => each.children[0]?.text)).toEqual([
      ...['2026-11-22T10:00:00.000Z', '2026-11-22T10:00:00.000Z', '2026-11-22T11:00:00.000Z'],
    ]);
  });

  it('has the same ids whenever it is asked, others for another call and another person', () => {
    const idsOf = (each: Talk): string[] => [...metadataOf(each).matchAll(/_id="([^"]+)"/g)].map(([, id = '']) => id);
    expect(idsOf(talk)).toEqual(idsOf(held));
    expect(idsOf(talk).filter((id) => idsOf({ ...talk, callId: 'c2' }).includes(id))).toEqual([]);
    expect(new Set([...idsOf(talk), ...idsOf(moved)]).size).toBe(new Set(idsOf(talk)).size + 1);
  });

  it('is checked by rules that find what is wrong', () => {
    const right = metadataOf(talk);
    const wrong = [
      right.replace('<datamode>complete</datamode>', '<datamode>some</datamode>'),
      right.replace(/<label>1<\/label>/, '<labels>1</labels>'),
      right.replace(/session_id="[^"]+"/, 'session_id="x"'),
      right.replace(/<send>[^<]+/, '<send>AAAAAAAAAAAAAAAAAAAAAA=='),
      right.replace('recording:1', 'recording:2'),
    ];
    expect(wrong.map((each) => metadataFaults(each).length > 0)).toEqual(wrong.map(() => true));
    expect(() => readXml(right.replace('&lt;', '<'))).toThrow();
  });
});

const sdpOf = (port: number, host = '192.0.2.1'): string =>
  `v=0\r\no=- 7 7 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio ${String(port)} RTP/AVP 0 101\r\n` +
  'a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n';

describe('the description', () => {
  it('has an m-line for each stream, ours to send only, and counts its versions', () => {
    const offer = offerOf([sdpOf(4000), sdpOf(4002)], 2);
    expect(offer.split('\r\n')).toEqual([
      ...['v=0', 'o=- 7 9 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0'],
      ...['m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:0 PCMU/8000', 'a=sendonly', 'a=label:1'],
      ...['m=audio 4002 RTP/AVP 0 101', 'a=rtpmap:0 PCMU/8000', 'a=sendonly', 'a=label:2', ''],
    ]);
    expect(offerOf([sdpOf(4000), sdpOf(4002, '192.0.2.2')], 0)).toContain(
      '4002 RTP/AVP 0 101\r\nc=IN IP4 192.0.2.2\r\n',
    );
  });

  it('is answered for each stream; a port of 0 is a stream that is not wanted', () => {
    const head = 'v=0\no=s 1 1 IN IP4 1.2.3.4\ns=-\nc=IN IP4 1.2.3.4\nt=0 0\n';
    const [first, second] = answersOf(`${head}m=audio 5000 RTP/AVP 0\na=recvonly\nm=audio 0 RTP/AVP 0\n`);
    expect(first).toBe(`${head}m=audio 5000 RTP/AVP 0\na=recvonly\n`.replaceAll('\n', '\r\n'));
    expect(second).toBeNull();
    expect(answersOf('')).toEqual([null, null]);
  });

  it('travels with the metadata in one body', () => {
    const { type, text } = bodyOf('v=0\r\n', '<recording>\n</recording>\n', 'mark');
    expect(type).toBe('multipart/mixed;boundary=mark');
    expect(text.split('\r\n')).toEqual([
      ...['--mark', 'Content-Type: application/sdp', '', 'v=0', ''],
      ...['--mark', 'Content-Type: application/rs-metadata+xml', 'Content-Disposition: recording-session', ''],
      ...['<recording>', '</recording>', '', '--mark--', ''],
    ]);
  });
});

/** What a session does in turn. */
function run(...events: readonly ((session: Session) => SessionEvent)[]) {
  let { session, effects } = begin('sip:r@192.0.2.9', talk, 1);
  const done = [effects.map(({ type }) => type)];
  const all = [...effects];
  for (const event of events) {
    ({ session, effects } = transition(session, event(session)));
    done.push(effects.map(({ type }) => type));
    all.push(...effects);
  }
  return { session, done, all };
}

type Happening = (session: Session) => SessionEvent;
const opened =
  (stream: 'caller' | 'other', port: number): Happening =>
  (session) => ({ type: 'opened', endpointId: endpointOf(session, stream), sdp: sdpOf(port) });
const answer =
  (second = 5002): Happening =>
  (session) => ({
    type: 'answered',
    legId: legOf(session),
    sdp: `v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5000 RTP/AVP 0\r\nm=audio ${String(second)} RTP/AVP 0\r\n`,
  });
const changed =
  (now: Talk): Happening =>
  () => ({ type: 'talk-changed', talk: now });
const updated =
  (ok: boolean): Happening =>
  (session) => ({ type: 'updated', legId: legOf(session), ok });
const lost: Happening = (session) => ({ type: 'failed', id: legOf(session), reason: '503' });
const begun = [opened('caller', 4000), opened('other', 4002), answer()];

describe('a session', () => {
  it('opens, invites, forks, and ends in order', () => {
    const { done, session } = run(...begun, () => ({ type: 'ended' }));
    expect(done).toEqual([
      ['open', 'open'],
      [],
      ['invite'],
      ['answer', 'answer', 'fork', 'record'],
      ['fork', 'bye', 'close', 'close'],
    ]);
    expect(session.type).toBe('over');
  });

  it('sends only what the recorder wants', () => {
    const { all } = run(opened('caller', 4000), opened('other', 4002), answer(0));
    expect(all.filter(({ type }) => type === 'answer')).toHaveLength(1);
    expect(all.find(({ type }) => type === 'fork')).toMatchObject({
      streams: { caller: 'c1.srs1-caller', other: null },
    });
  });

  it('tells changes one at a time, the last counting, and what changed before the answer', () => {
    const { done } = run(...begun, changed(held), changed(moved), updated(true), updated(true), changed(moved));
    expect(done.slice(4)).toEqual([['update'], [], ['update'], [], []]);
    const early = run(...begun.slice(0, 2), changed(held), answer());
    expect(early.done.at(-1)).toEqual(['answer', 'answer', 'fork', 'record', 'update']);
  });

  it('goes on when an update is refused, and says so', () => {
    const { done, session } = run(...begun, changed(held), updated(false));
    expect(done.at(-1)).toEqual(['record']);
    expect(session.type).toBe('recording');
  });

  it('is tried again with new ids after a failure, later each time, and tells the ledger of the first', () => {
    const retry = () => ({ type: 'retry' }) as const;
    const { done, all, session } = run(lost, retry, lost, retry, ...begun, lost);
    expect(done).toEqual([
      ...[
        ['open', 'open'],
        ['close', 'close', 'record', 'retry-later'],
        ['open', 'open'],
        ['close', 'close', 'retry-later'],
      ],
      ...[['open', 'open'], [], ['invite'], ['answer', 'answer', 'fork', 'record']],
      ['fork', 'bye', 'close', 'close', 'record', 'retry-later'],
    ]);
    expect(all.flatMap((effect) => (effect.type === 'retry-later' ? [effect.ms] : []))).toEqual([5000, 10_000, 5000]);
    expect(session.attempt).toBe(3);
  });

  it('takes nothing of an attempt before it', () => {
    const before = begin('sip:r@192.0.2.9', talk, 1).session;
    const now = begin('sip:r@192.0.2.9', talk, 2).session;
    for (const event of [answer()(before), lost(before), updated(true)(before)])
      expect(transition(now, event)).toEqual({ session: now, effects: [] });
    const late = transition(now, opened('caller', 1)(before));
    expect(late.effects).toEqual([{ type: 'close', endpointId: 'c1.srs1-caller' }]);
  });

  it('knows its ids', () => {
    expect(['c1.srs1', 'c1.srs12-caller', 'c1.c', 'c1.x1', 'srs1'].map(isOfRecorder)).toEqual([
      ...[true, true, false, false, false],
    ]);
  });
});
