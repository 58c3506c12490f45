/** What the caller hears: the recording on a real time line, the digits, and what was lost on the way. */
import { decodeG711 } from './g711.ts';
import type { RtpPacket } from './rtp.ts';
import { parseTelephoneEvent, sequenceDistance, timestampDistance } from './rtp.ts';
import type { RemoteAudio } from './sdp.ts';

/** Counts of one direction. */
export interface ReceivedStatistics {
  readonly packets: number;
  readonly lost: number;
  /** Came after a later one. */
  readonly reordered: number;
  readonly duplicates: number;
  /** Interarrival jitter of RFC 3550 section 6.4.1. */
  readonly jitterMs: number;
  /** How often the far side changed its SSRC. */
  readonly sourceChanges: number;
}

/** Audio that grows; silence where nothing was written. 8 kHz. */
class TimeLine {
  #samples = new Int16Array(8000 * 30);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  write(at: number, samples: Int16Array): void {
    const start = Math.max(0, at);
    const end = start + samples.length;
    if (end > this.#samples.length) {
      const larger = new Int16Array(Math.max(end, this.#samples.length * 2));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(samples, start);
    this.#length = Math.max(this.#length, end);
  }

  take(): Int16Array {
    return this.#samples.slice(0, this.#length);
  }
}

interface Source {
  readonly ssrc: number;
  /** Of the newest packet. */
  sequence: number;
  timestamp: number;
  /** Its place on the time line, in samples. */
  at: number;
  transit: number;
}

export interface Heard {
  readonly samples?: Int16Array;
  readonly digit?: string;
}

/** A timestamp may differ this much from the clock before it is taken for a jump: half a second, in samples. */
const jump = 4000;

/** Lost packets that are still looked out for. */
const mostMissing = 1000;

/** Takes packets in the order of arrival. Pure but for memory: the time is given. */
export class Listener {
  readonly #line: TimeLine | undefined;
  #source: Source | undefined;
  #lastEvent: number | undefined;
  readonly #missing = new Set<number>();
  readonly #count = { packets: 0, lost: 0, reordered: 0, duplicates: 0, sourceChanges: 0 };
  #jitter = 0;

  /** `record`: keep what is heard. It costs 16 kB a second. */
  constructor(record: boolean) {
    this.#line = record ? new TimeLine() : undefined;
  }

  get statistics(): ReceivedStatistics {
    return { ...this.#count, jitterMs: Math.round(this.#jitter / 0.8) / 10 };
  }

  /** The recording, from the beginning of media until `elapsedMs` later. */
  recording(elapsedMs: number): Int16Array {
    if (this.#line === undefined) return new Int16Array(0);
    const length = Math.round(elapsedMs * 8);
    if (this.#line.length < length) this.#line.write(length, new Int16Array(0));
    return this.#line.take();
  }

  /** Takes a packet that arrived `elapsedMs` after media began. */
  take(packet: RtpPacket, remote: RemoteAudio, elapsedMs: number): Heard {
    const arrival = Math.round(elapsedMs * 8);
    const at = this.#place(packet, arrival);
    if (at === undefined) return {};
    if (packet.payloadType === remote.eventPayloadType) return this.#event(packet);
    if (packet.payloadType !== remote.payloadType) return {};
    const samples = decodeG711(remote.codec, packet.payload);
    this.#line?.write(at, samples);
    return { samples };
  }

  #place(packet: RtpPacket, arrival: number): number | undefined {
    this.#count.packets++;
    const source = this.#source;
    if (source?.ssrc !== packet.ssrc) {
      if (source !== undefined) this.#count.sourceChanges++;
      this.#missing.clear();
      const { ssrc, sequence, timestamp } = packet;
      this.#source = { ssrc, sequence, timestamp, at: arrival, transit: arrival - timestamp };
      return arrival;
    }
    const distance = sequenceDistance(source.sequence, packet.sequence);
    if (distance <= 0 && !this.#missing.delete(packet.sequence)) {
      this.#count.duplicates++;
      return undefined;
    }
    const at = source.at + timestampDistance(source.timestamp, packet.timestamp);
    if (distance < 0) {
      this.#count.reordered++;
      this.#count.lost--;
      return at;
    }
    this.#miss(source.sequence, distance - 1);
    return this.#follow(source, packet, distance, at, arrival);
  }

  /** Remembers the numbers that were skipped, so that a late packet is told from a doubled one. */
  #miss(after: number, count: number): void {
    this.#count.lost += count;
    if (count + this.#missing.size > mostMissing) this.#missing.clear();
    for (let i = 1; i <= Math.min(count, mostMissing); i++) this.#missing.add((after + i) & 0xffff);
  }

  /**
   * Timestamps rule as long as they move with the sequence numbers, however late the packets come. Where they do not (a
   * far side that fell silent, or switched to another source) they rule only if the clock agrees.
   */
  #follow(source: Source, packet: RtpPacket, distance: number, at: number, arrival: number): number {
    const steady = at - source.at === distance * 160;
    const isEvent = at === source.at;
    const place = steady || isEvent || Math.abs(at - arrival) < jump ? at : Math.max(arrival, source.at + 160);
    const transit = arrival - packet.timestamp;
    if (steady) this.#jitter += (Math.abs(timestampDistance(source.transit, transit)) - this.#jitter) / 16;
    Object.assign(source, { sequence: packet.sequence, timestamp: packet.timestamp, at: place, transit });
    return place;
  }

  /** One digit per event: its packets share the timestamp (RFC 4733 section 2.2). */
  #event(packet: RtpPacket): Heard {
    if (this.#lastEvent === packet.timestamp) return {};
    const event = parseTelephoneEvent(packet.payload);
    if (event === undefined) return {};
    this.#lastEvent = packet.timestamp;
    return { digit: event.digit };
  }
}
