import { describe, expect, it } from 'vitest';
import type { Dialog, Response } from './drachtio.ts';
import { reinvite, type Reanswer } from './reinvites.ts';

const clear = 'v=0\r\nm=audio 4000 RTP/AVP 0\r\n';
const secured = 'v=0\r\nm=audio 4000 RTP/SAVP 0\r\n';
const webrtc = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';
const response = (status: number, body = ''): Response =>
  ({ status, body, has: () => false, source: 'network', source_address: '192.0.2.7' }) as unknown as Response;

/** A dialog whose re-INVITEs get these responses, one after the other. */
function asked(remoteSdp: string, sdp: string, ...responses: readonly (Response | undefined)[]) {
  const sent: unknown[] = [];
  const dialog = {
    local: { sdp: 'before' },
    remote: { sdp: remoteSdp },
    request(options: unknown, tell: (err: unknown, res?: Response) => void) {
      sent.push(options);
      for (const each of responses) tell(each === undefined ? new Error('no connection') : null, each);
    },
  } as unknown as Dialog;
  const outcomes: Reanswer[] = [];
  reinvite(dialog, sdp, (outcome) => outcomes.push(outcome));
  return { sent, outcomes, dialog };
}

describe('a re-INVITE of ours', () => {
  it('is answered once, by its final response, and both descriptions are kept', () => {
    const { sent, outcomes, dialog } = asked(
      clear,
      'ours',
      response(100),
      response(180),
      response(200, clear),
      response(200, clear),
    );
    expect(sent).toEqual([{ method: 'INVITE', body: 'ours', headers: { 'Content-Type': 'application/sdp' } }]);
    expect(outcomes).toEqual([{ type: 'answered', sdp: clear, source: '192.0.2.7' }]);
    expect(dialog.local.sdp).toBe('ours');
  });

  it.each([
    ['refused', [response(488)], 488],
    ['met by another one', [response(491)], 491],
    ['answered without a description', [response(200)], 488],
    ['not sent', [undefined], 503],
  ])('is told when it is %s', (_name, responses, status) => {
    const { outcomes, dialog } = asked(clear, 'ours', ...responses);
    expect(outcomes).toEqual([{ type: 'refused', status }]);
    expect(dialog.local.sdp).toBe('before');
  });

  it('never asks a peer that encrypts to go on in clear', () => {
    expect(asked(secured, clear, response(200, clear))).toMatchObject({ sent: [], outcomes: [{ status: 488 }] });
    expect(asked(webrtc, webrtc, response(200, webrtc)).outcomes).toMatchObject([{ type: 'answered' }]);
    expect(asked(secured, secured, response(200, secured)).outcomes).toMatchObject([{ type: 'answered' }]);
  });
});
