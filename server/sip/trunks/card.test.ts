import { describe, expect, it } from 'vitest';
import { type CallFindings, checksOf, type Findings, gradeOf } from './card.ts';
import { remoteAudio } from './echo-audio.ts';

const remote = { host: 'x', port: 1, codec: 'PCMA', payloadType: 8, eventType: 101 } as const;
const call: CallFindings = {
  ...{ status: 200, reason: 'OK', progress: [180], early: { sdp: false, packets: 0 }, remote, sessionInSeconds: 1800 },
  audio: { sent: 150, received: 149, echoed: 149, digitEchoed: true },
};
const target = { uri: 'sip:a', status: 200, rttMs: 3 };
const findings = (more: Partial<Findings>): Findings => ({ registration: null, targets: [target], call, ...more });
const gradesOf = (more: Partial<Findings>) => {
  const checks = checksOf(findings(more));
  return `${gradeOf(checks)} ${checks.flatMap(({ name, grade }) => (grade === 'good' ? [] : [`${name}:${grade}`])).join(' ')}`.trim();
};

describe('the card of a trunk test', () => {
  it.each<[string, Partial<Findings>, string]>([
    ['all is well', {}, 'A registration:skipped'],
    ['registered', { registration: { phase: 'registered', reason: null } }, 'A'],
    ['not registered', { registration: { phase: 'waiting', reason: '403' } }, 'F registration:bad'],
    ['a carrier that is not asked', { targets: [] }, 'A registration:skipped reachability:skipped'],
    [
      'one of two targets',
      { targets: [target, { ...target, status: 408 }] },
      'B registration:skipped reachability:fair',
    ],
    ['no target', { targets: [{ ...target, status: 503 }] }, 'F registration:skipped reachability:bad'],
    ['405 to OPTIONS', { targets: [{ ...target, status: 405 }] }, 'A registration:skipped'],
    [
      'busy',
      { call: { ...call, status: 486 } },
      'F registration:skipped call:bad codec:skipped dtmf:skipped session-timer:skipped audio:skipped',
    ],
    [
      'nothing comes back',
      { call: { ...call, audio: { sent: 150, received: 0, echoed: 0, digitEchoed: false } } },
      'F registration:skipped audio:bad',
    ],
    [
      'half comes back',
      { call: { ...call, audio: { sent: 150, received: 100, echoed: 100, digitEchoed: false } } },
      'B registration:skipped audio:fair',
    ],
    [
      'no telephone-event',
      { call: { ...call, remote: { ...remote, eventType: null } } },
      'B registration:skipped dtmf:fair',
    ],
    [
      'early media that is silent',
      { call: { ...call, early: { sdp: true, packets: 0 } } },
      'B registration:skipped early-media:fair',
    ],
    ['no session timer', { call: { ...call, sessionInSeconds: null } }, 'B registration:skipped session-timer:fair'],
    [
      'another codec',
      { call: { ...call, remote: { ...remote, codec: null }, audio: null } },
      'F registration:skipped codec:bad audio:bad',
    ],
  ])('%s', (_what, more, wanted) => {
    expect(gradesOf(more)).toBe(wanted);
  });
  it('without a call is no better than C', () => {
    expect(gradeOf(checksOf(findings({ call: null })))).toBe('C');
    expect(checksOf(findings({ call: 'not-permitted' }))[2]).toEqual({
      name: 'call',
      grade: 'bad',
      found: 'not-permitted',
    });
  });
  it('reads the audio of an answer', () => {
    const sdp =
      'v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 4000 RTP/AVP 96 0\r\nc=IN IP4 5.6.7.8\r\na=rtpmap:96 telephone-event/8000\r\n';
    expect(remoteAudio(sdp)).toEqual({ host: '5.6.7.8', port: 4000, codec: 'PCMU', payloadType: 0, eventType: 96 });
    expect(remoteAudio('v=0\r\n')).toBeUndefined();
    for (const port of ['m=audio 0 ', 'm=audio 70000 '])
      expect(remoteAudio(sdp.replace(/m=audio \d+ /, port))).toBeUndefined();
  });
});
