/** What a far side hears where its source changes: no click, in any codec, at hold, resume, mute, transfer, conference. */
import { beforeAll, describe, expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { clicksIn } from '../../test/support/signal.ts';
import { openDecoder, openEncoder } from '../audio/codecs.ts';
import { warmUpOpus } from '../audio/opus.ts';
import { ticksPerMs, voiceRate, type VoiceCodec } from '../audio/voice.ts';
import type { RtpPacket } from '../edge/rtp.ts';
import { payloadTypes } from '../sdp/index.ts';

beforeAll(warmUpOpus);

const all: readonly VoiceCodec[] = ['PCMU', 'PCMA', 'G722', 'opus'];
/** One of each kind: what is said in A-law takes the same way as mu-law. */
const sources: readonly VoiceCodec[] = ['PCMU', 'G722', 'opus'];

const steps = 150;
const said = new Map<string, Promise<readonly Partial<RtpPacket>[]>>();

/** Three seconds of somebody who begins softly, as people do, and never pauses. */
function speaker(codec: VoiceCodec, hertz: number): Promise<readonly Partial<RtpPacket>[]> {
  const key = `${codec} ${hertz}`;
  const known = said.get(key) ?? speak(codec, hertz);
  said.set(key, known);
  return known;
}

async function speak(codec: VoiceCodec, hertz: number): Promise<readonly Partial<RtpPacket>[]> {
  await warmUpOpus();
  const encoder = openEncoder(codec);
  const rate = voiceRate[codec];
  const packets = Array.from({ length: steps }, (_, step) => {
    const sound = Int16Array.from({ length: rate / 50 }, (_unused, index) => {
      const time = (step * (rate / 50) + index) / rate;
      return 7000 * Math.min(1, 10 * time) * Math.cos(2 * Math.PI * hertz * time);
    });
    const payload = encoder?.encode(sound) ?? Buffer.alloc(0);
    const timestamp = 5000 + step * 20 * ticksPerMs[codec];
    return { payloadType: payloadTypes[codec], timestamp, payload, sequence: 100 + step };
  });
  encoder?.close();
  return packets;
}

async function soundOf(packets: readonly RtpPacket[], codec: VoiceCodec): Promise<Int16Array> {
  await warmUpOpus();
  const decoder = openDecoder(codec);
  const sound = Int16Array.from(packets.flatMap(({ payload }) => [...(decoder?.decode(payload) ?? [])]));
  decoder?.close();
  return sound;
}

const edge = (from: string) => ({ from, to: 'b' });
const talk = { edges: [edge('a')] };
const loud = { edges: [{ ...edge('a'), gainDb: -12 }] };
const nobody = { edges: [{ from: 'b', to: 'a' }] };
const music = { edges: [], plays: [{ playId: 'm', to: 'b', files: ['/music.wav'], loop: true }] };

const stories = {
  'mute and unmute': [talk, nobody, talk, nobody, talk],
  'hold with music and resume': [talk, music, talk, music, talk],
  transfer: [talk, { edges: [edge('x')] }, talk, { edges: [edge('x')] }],
  'conference join and leave': [talk, { edges: [edge('a'), edge('x')] }, talk, { edges: [edge('x'), edge('a')] }, talk],
  'made softer and loud again': [talk, loud, talk, loud, talk],
};

describe.each(all)('who hears %s', (to) => {
  for (const from of sources)
    for (const [story, graphs] of Object.entries(stories))
      test(`${story}, the sources in ${from}`, async () => {
        const rig = new ShardRig();
        await rig.open('a', { codec: from });
        await rig.open('x', { codec: from });
        const b = await rig.open('b', { codec: to });
        const [a, x, m] = [await speaker(from, 440), await speaker(from, 310), await speaker(to, 523)];
        const tune = m.map(({ payload = '' }) => Buffer.from(payload));
        const packed = tune.flatMap((each) => [Buffer.from([each.length >> 8, each.length & 255]), each]);
        rig.prompts.set('/music.wav', Buffer.concat(to === 'opus' ? packed : tune));
        let spoken = 0;
        for (const graph of graphs) {
          rig.apply(graph);
          rig.tick(29, () => {
            rig.say('a', a[spoken]);
            rig.say('x', { ...x[spoken], ssrc: 6 });
            spoken++;
          });
        }
        const clicks = clicksIn(await soundOf(b.sent, to), voiceRate[to], 300);
        expect(clicks, JSON.stringify(clicks)).toEqual([]);
      });
});
