/** PCMU to Opus and back: what a frame costs, decoded, encoded and all. */
import type { BenchEntry } from '../entry.ts';
import { bridge, Jackfield } from './jackfield.ts';
import type { Stream } from './load.ts';
import type { Phones } from './phones.ts';
import { alternate, type Pace, type Side } from './rounds.ts';
import { RtpEngine } from './rtpengine.ts';
import { opus, pcmu, portOf, sdpOf, type Spoken } from './sdp.ts';
import { voiceInOpus, voiceInPcmu } from './sounds.ts';

const calls = 12;
const sockets = 2;

function streamsOf(toA: number, toB: number, opusNumber: number): Stream[] {
  return [
    { socket: 0, to: toA, sound: 'pcmu', payloadType: 0, ticks: pcmu.ticks },
    { socket: 1, to: toB, sound: 'opus', payloadType: opusNumber, ticks: opus.ticks },
  ];
}

function ourSide(jackfield: Jackfield, [portA = 0, portB = 0]: readonly number[]): Side {
  return {
    pid: jackfield.pid,
    async open() {
      const streams: Stream[] = [];
      for (let call = 0; call < calls; call++) {
        const [a, b] = [`a${call}`, `b${call}`];
        const toA = portOf(await jackfield.sipLeg(`c${call}`, a, sdpOf(portA, pcmu)));
        const toB = portOf(await jackfield.sipLeg(`c${call}`, b, sdpOf(portB, opus)));
        await jackfield.graph(`c${call}`, bridge(a, b));
        streams.push(...streamsOf(toA, toB, opus.payloadType));
      }
      return streams;
    },
    async close() {
      for (let call = 0; call < calls; call++) await jackfield.closeCall(`c${call}`);
    },
  };
}

/** The number rtpengine gave to Opus. */
function opusIn(sdp: string): Spoken {
  return { ...opus, payloadType: Number(/^a=rtpmap:(\d+) opus\/48000/m.exec(sdp)?.[1] ?? opus.payloadType) };
}

function theirSide(rtpengine: RtpEngine, [portA = 0, portB = 0]: readonly number[]): Side {
  return {
    pid: rtpengine.pid,
    async open() {
      const streams: Stream[] = [];
      for (let call = 0; call < calls; call++) {
        const { forA, forB } = await rtpengine.call(
          `c${call}`,
          sdpOf(portA, pcmu),
          (offered) => sdpOf(portB, opusIn(offered)),
          { codec: { transcode: ['opus/48000/2/32000'], mask: ['PCMU'] } },
        );
        streams.push(...streamsOf(portOf(forA), portOf(forB), opusIn(forB).payloadType));
      }
      return streams;
    },
    async close() {
      for (let call = 0; call < calls; call++) await rtpengine.hangUp(`c${call}`);
    },
  };
}

/** Measures. */
export async function transcodeRows(phones: Phones, pace: Pace, withRtpengine: boolean): Promise<BenchEntry[]> {
  const ports = await phones.open(sockets);
  phones.sound('pcmu', voiceInPcmu());
  phones.sound('opus', await voiceInOpus());
  const jackfield = await Jackfield.start();
  const rtpengine = withRtpengine ? await RtpEngine.start() : undefined;
  try {
    const sides: { jackfield: Side; rtpengine?: Side } = {
      jackfield: ourSide(jackfield, ports),
      ...(rtpengine === undefined ? {} : { rtpengine: theirSide(rtpengine, ports) }),
    };
    const middle = await alternate(phones, sides, pace);
    const { jackfield: ours, rtpengine: theirs } = middle;
    const unit = 'us/frame';
    const lost = (share: number): string => `${(100 * share).toFixed(1)} % did not come back`;
    const entries: BenchEntry[] = [
      {
        ...{ name: 'media/transcode', value: ours.usPerPacket, unit, better: 'smaller' },
        detail: `PCMU to Opus and back, the mean of both ways, ${calls} calls; ${lost(ours.lost)}`,
      },
    ];
    if (theirs !== undefined)
      entries.push(
        {
          ...{ name: 'media/transcode-rtpengine', value: theirs.usPerPacket, unit, better: 'reference' },
          detail: `asked for 32 kbit/s as we send, at its own effort; ${lost(theirs.lost)}`,
        },
        {
          ...{ name: 'media/transcode-ratio', value: ours.usPerPacket / theirs.usPerPacket, unit: 'x' },
          ...{ better: 'smaller', detail: 'of rtpengine; goal: at most 1/3' },
        },
      );
    return entries;
  } finally {
    await rtpengine?.stop();
    await jackfield.stop();
  }
}
