/** What the telephones of the bench say in their descriptions. */

/** A codec as an SDP names it. */
export interface Spoken {
  readonly payloadType: number;
  readonly map: string;
  readonly ticks: number;
}

export const pcmu: Spoken = { payloadType: 0, map: 'PCMU/8000', ticks: 160 };
export const opus: Spoken = { payloadType: 111, map: 'opus/48000/2', ticks: 960 };

/** A telephone's description. It knows RFC 4733 events, as all trunks do. */
export function sdpOf(
  port: number,
  { payloadType, map }: Spoken,
  profile = 'RTP/AVP',
  more: readonly string[] = [],
): string {
  const event = map.startsWith('opus') ? 'telephone-event/48000' : 'telephone-event/8000';
  return [
    ...['v=0', `o=bench ${port} 1 IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
    ...[`m=audio ${port} ${profile} ${payloadType} 101`, `a=rtpmap:${payloadType} ${map}`, `a=rtpmap:101 ${event}`],
    ...['a=fmtp:101 0-15', 'a=sendrecv', ...more, ''],
  ].join('\r\n');
}

/** The port of the audio line. */
export function portOf(sdp: string): number {
  const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
  if (!(port > 0)) throw new Error(`no audio port in\n${sdp}`);
  return port;
}
