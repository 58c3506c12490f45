import { describe, expect, test } from 'vitest';
import { Front } from './front.ts';
import { writeReport } from './rtcp.ts';
import { writeRtp } from './rtp.ts';

const peer = { address: '198.51.100.1', port: 4000 };
const stranger = { address: '203.0.113.66', port: 5555 };

function rig(mux = false) {
  const seen: { inside: number[]; sources: number[]; peer: unknown[]; control: unknown[] } = {
    ...{ inside: [], sources: [] },
    ...{ peer: [], control: [] },
  };
  const front = new Front({
    inside: (packet) => void seen.inside.push(packet.readUInt16BE(2)),
    source: (ssrc) => void seen.sources.push(ssrc),
    toPeer: (_, to) => void seen.peer.push(to),
    toPeerControl: (_, to) => void seen.control.push(to),
  });
  const remoteControl = mux ? peer : { ...peer, port: 4001 };
  front.configure({ remote: peer, remoteControl, signalled: undefined, mux, payloadTypes: [0] });
  return { front, seen };
}

function rtp(sequence: number, ssrc = 5, payloadType = 0): Buffer {
  return writeRtp({ ...{ sequence, ssrc, payloadType }, marker: false, timestamp: 0, payload: new Uint8Array(170) });
}

const report = writeReport(5, { packets: 1, octets: 1, timestamp: 1 }, undefined, 0);

describe('Front', () => {
  test('keeps what a source sends until it can be decrypted, then passes it on in order', () => {
    const { front, seen } = rig();
    for (const sequence of [1, 2, 3]) front.fromPeer(rtp(sequence), peer);
    expect(seen).toMatchObject({ inside: [], sources: [5] });
    front.ready(5);
    front.fromPeer(rtp(4), peer);
    expect(seen).toMatchObject({ inside: [1, 2, 3, 4], sources: [5] });
  });

  test('lets no stranger through, nor a number that was not agreed on', () => {
    const { front, seen } = rig();
    front.fromPeer(rtp(1), stranger);
    front.fromPeer(rtp(1, 5, 96), peer);
    front.fromPeerControl(report, stranger);
    expect([seen.inside, seen.sources, front.strangers]).toEqual([[], [], 3]);
  });

  test('asks for a new source when two of its packets came in a row, and for no more than 32', () => {
    const { front, seen } = rig();
    front.fromPeer(rtp(1), peer);
    front.ready(5);
    front.fromPeer(rtp(900, 6), peer);
    expect(seen.sources).toEqual([5]);
    for (let ssrc = 6; ssrc < 60; ssrc++) for (const sequence of [1, 2]) front.fromPeer(rtp(sequence, ssrc), peer);
    expect(seen.sources).toHaveLength(32);
    front.fromPeer(rtp(2), peer);
    expect(seen.inside).toEqual([1, 2]);
  });

  test.each([
    [true, [peer, peer], []],
    [false, [peer], [{ ...peer, port: 4001 }]],
  ])('sends RTP and RTCP where they belong (one port: %s)', (mux, toPeer, control) => {
    const { front, seen } = rig(mux);
    front.fromInside(rtp(1));
    front.fromInside(report);
    expect(seen).toMatchObject({ peer: toPeer, control });
  });
});
