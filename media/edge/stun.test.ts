import { describe, expect, test } from 'vitest';
import { bindingErrorTo, bindingSuccessTo, looksLikeStun, readBindingRequest } from './stun.ts';
import { answerIn, checkOf } from './stun.test-support.ts';

/** RFC 5769 section 2.1: the sample request. */
const sample = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff' +
    '80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2' +
    '80280004e57a3bcf',
  'hex',
);
const samplePassword = 'VOkJxbRl1RmTxUk/WvJxBt';

function read(bytes: Buffer) {
  const request = readBindingRequest(bytes);
  if (request === undefined) throw new Error(`not a request: ${bytes.toString('hex')}`);
  return request;
}

describe('a Binding request', () => {
  test('of RFC 5769 section 2.1 is read, and its integrity holds under its password alone', () => {
    const request = read(sample);
    expect(request).toMatchObject({
      ...{ username: 'evtj:h6vY', priority: 0x6e0001ff, useCandidate: false, role: 'controlled', unknown: [] },
      transaction: sample.toString('latin1', 8, 20),
    });
    expect([request.isSignedWith(samplePassword), request.isSignedWith('another')]).toEqual([true, false]);
  });

  test.each([
    ['an indication', { type: 0x0011 }],
    ['an answer', { type: 0x0101 }],
    ['another method', { type: 0x0003 }],
    ['no fingerprint', { fingerprint: false }],
  ])('%s is none', (_, check) => {
    expect(readBindingRequest(checkOf({ username: 'a:b', password: 'x', ...check }))).toBeUndefined();
  });

  test('with any one byte changed, or cut anywhere, is none or is not signed', () => {
    const good = checkOf({ username: 'abcd:efgh', password: 'secret', useCandidate: true });
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
      expect(readBindingRequest(bad)?.isSignedWith('secret') ?? false, `byte ${at}`).toBe(false);
      expect(readBindingRequest(good.subarray(0, at)), `first ${at} bytes`).toBeUndefined();
    }
  });

  test('what follows its integrity is not believed', () => {
    const signed = checkOf({ username: 'a:b', password: 'x', fingerprint: false });
    const use = Buffer.from('00250000', 'hex');
    const open = checkOf({});
    expect(read(open).hasIntegrity).toBe(false);
    const forged = Buffer.concat([signed, use]);
    forged.writeUInt16BE(forged.length - 20 + 8, 2);
    const sealed = Buffer.concat([forged, fingerprintOf(forged)]);
    expect(read(sealed)).toMatchObject({ useCandidate: false, hasIntegrity: true });
  });
});

/** FINGERPRINT as another check of the same writer has it. */
function fingerprintOf(message: Buffer): Buffer {
  const crc = checkSum(message);
  const bytes = Buffer.from('8028000400000000', 'hex');
  bytes.writeUInt32BE(crc, 4);
  return bytes;
}

function checkSum(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return (crc ^ 0xffff_ffff ^ 0x5354_554e) >>> 0;
}

describe('an answer', () => {
  test.each([
    ['192.0.2.1', '0001a147e112a643'],
    ['2001:db8:1234:5678:11:2233:4455:6677', '0002a1470113a9faa5d3f179bc25f4b5bed2b9d9'],
    ['2001:DB8:1234:5678:11:2233:4455:6677', '0002a1470113a9faa5d3f179bc25f4b5bed2b9d9'],
  ])('tells %s as in RFC 5769 sections 2.2 and 2.3', (address, mapped) => {
    const bytes = bindingSuccessTo(read(sample), { address, port: 32_853 }, samplePassword);
    const answer = answerIn(bytes);
    expect([answer.type, answer.transaction, answer.mapped?.toString('hex')]).toEqual([
      ...[0x0101, sample.subarray(8, 20), mapped],
    ]);
    expect(answer.isSignedWith(samplePassword)).toBe(true);
    expect(bytes.readUInt32BE(bytes.length - 4)).toBe(checkSum(bytes.subarray(0, -8)));
  });

  test.each([400, 401, 420, 487] as const)('%i names its error', (code) => {
    const request = read(checkOf({ username: 'abcd:efgh', password: 'x', extra: 0x7abc }));
    expect(answerIn(bindingErrorTo(request, code, 'x'))).toMatchObject({ type: 0x0111, code });
    expect(request.unknown).toEqual([0x7abc]);
  });
});

test('RTP, RTCP and DTLS do not look like it', () => {
  expect([0x80, 0x90, 0xbf, 20, 63].map((first) => looksLikeStun(Buffer.from([first])))).toEqual(Array(5).fill(false));
  expect([looksLikeStun(sample), looksLikeStun(Buffer.alloc(0))]).toEqual([true, false]);
});
