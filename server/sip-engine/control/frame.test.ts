import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommand } from './command.ts';
import { FrameReader, longestFrame, writeFrame } from './frame.ts';

describe('FrameReader', () => {
  it('gives back what was written, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: 'grapheme' })),
        fc.integer({ min: 1, max: 9 }),
        (texts, size) => {
          const wire = Buffer.concat(texts.map((text) => writeFrame(text)));
          const reader = new FrameReader();
          const seen: string[] = [];
          for (let at = 0; at < wire.length; at += size) {
            const { payloads, broken } = reader.push(wire.subarray(at, at + size));
            expect(broken).toBeUndefined();
            seen.push(...payloads.map(String));
          }
          expect(seen).toEqual(texts);
        },
      ),
    );
  });

  it.each(['x#', '#', `${longestFrame + 1}#`, '123456789', '-1#'])('breaks on %s', (text) => {
    expect(new FrameReader().push(Buffer.from(text)).broken).toBeTypeOf('string');
  });
});

describe('readCommand', () => {
  it.each([
    ['1|authenticate|s|a,b', { type: 'authenticate', secret: 's', tags: ['a', 'b'] }],
    ['1|ping', { type: 'ping' }],
    ['1|route|invite', { type: 'route', verb: 'invite' }],
    ['1|remove_route|INVITE', { type: 'remove-route', verb: 'invite' }],
    ['1|proxy|t', { type: 'bad-message' }],
    [
      '1|proxy|t|remainInDialog|fullResponse||simultaneous|2s|1500ms|sip:a|sip:b\r\nINVITE sip:a SIP/2.0\r\nX-Y: 1\r\n\r\n',
      {
        type: 'proxy',
        transactionId: 't',
        wishes: {
          remainInDialog: true,
          followRedirects: false,
          simultaneous: true,
          provisionalTimeout: 2000,
          finalTimeout: 1500,
          destinations: ['sip:a', 'sip:b'],
        },
        message: { headers: [{ name: 'X-Y', value: '1' }] },
      },
    ],
    [
      '1|proxy|t||||serial|soon||sip:a\r\nINVITE sip:a SIP/2.0\r\n\r\n',
      {
        wishes: { remainInDialog: false, simultaneous: false, provisionalTimeout: undefined, finalTimeout: undefined },
      },
    ],
    ['1|sip|t|d', { type: 'bad-message' }],
    ['1|sip||\r\nSIP/2.0 200 OK\r\n\r\n', { type: 'misuse' }],
    ['1|what', { type: 'misuse' }],
  ])('reads %j', (payload, command) => {
    expect(readCommand(Buffer.from(payload))).toMatchObject({ id: '1', ...command });
  });

  it('takes the body from the frame, not from Content-Length, and writes header names canonically', () => {
    const payload =
      '1|sip||d|sip:hop\r\nINFO sip:placeholder SIP/2.0\r\ncseq: 2 INFO\r\nx-own: 1\r\nsome-new: 2\r\nContent-Length: 1\r\n\r\n你好';
    const command = readCommand(Buffer.from(payload));
    if (command.type !== 'sip') throw new Error(command.type);
    expect(command).toMatchObject({ dialogId: 'd', nextHop: 'sip:hop' });
    expect(command.message.headers.map(({ name }) => name)).toEqual(['CSeq', 'x-own', 'Some-New', 'Content-Length']);
    expect(command.message.body.toString()).toBe('你好');
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readCommand(Buffer.from(bytes))));
  });
});
