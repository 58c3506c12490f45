import { describe, expect, test } from 'vitest';
import { IceDoor } from './ice-door.ts';
import { SourceLock, type Place } from './source-lock.ts';
import { checkOf } from './stun.test-support.ts';

const stated = { address: '10.0.0.5', port: 4000 };
const mapped = { address: '198.51.100.9', port: 61_000 };
const other = { address: '198.51.100.9', port: 61_777 };
const stranger = { address: '203.0.113.66', port: 5555 };
const session = { usernameFragment: 'ours', password: 'a-password-of-twenty-two', remoteFragment: 'peer' };

function rig() {
  const lock = new SourceLock();
  const replies: { readonly to: Place; readonly of: number }[] = [];
  const door = new IceDoor(lock, (_, to, of) => void replies.push({ to, of }));
  door.configure(session);
  lock.negotiate(stated, '198.51.100.9');
  const check = (from: Place, more: object = {}, of: 1 | 2 = 1): boolean =>
    door.take(checkOf({ username: 'ours:peer', password: session.password, ...more }), from, of);
  let sequence = 100;
  const voice = (from: Place, ssrc = 7): string => lock.judge(from, { ssrc, sequence: ++sequence });
  return { lock, door, replies, check, voice };
}

describe('the lock of a leg with ICE', () => {
  test('tells how far it is: to where, since when, and whether the far side has chosen that', () => {
    let now = 1000;
    const door = new IceDoor(
      new SourceLock(),
      () => undefined,
      () => now,
    );
    const check = (from: Place, more: object = {}): boolean =>
      door.take(checkOf({ username: 'ours:peer', password: session.password, ...more }), from, 1);
    expect(door.state).toBeUndefined();
    door.configure(session);
    expect(door.state).toEqual({ state: 'checking' });
    check(mapped);
    expect(door.state).toEqual({ state: 'proven', remote: mapped, since: 1000, nominated: false });
    now = 2000;
    check(mapped, { useCandidate: true });
    expect(door.state).toEqual({ state: 'proven', remote: mapped, since: 1000, nominated: true });
    // After a restart the old pair counts until the new one is there.
    door.configure({ ...session, usernameFragment: 'anew' });
    expect(door.state).toMatchObject({ remote: mapped, since: 1000 });
    check(other, { username: 'anew:peer', useCandidate: true });
    expect(door.state).toEqual({ state: 'proven', remote: other, since: 2000, nominated: true });
    door.configure(undefined);
    expect(door.state).toBeUndefined();
  });

  test('sends to nobody before a check, and learns from no first source', () => {
    const { lock, voice } = rig();
    expect(lock.target).toBeUndefined();
    expect([1, 2, 3, 4].map(() => voice(mapped))).toEqual(Array(4).fill('stranger'));
    expect(lock.strangers).toBe(4);
  });

  test('hears the first packet from where a check came, and sends there', () => {
    const { lock, check, voice, replies } = rig();
    expect(check(mapped, { useCandidate: true })).toBe(true);
    expect(lock.target).toEqual(mapped);
    expect([voice(mapped), voice(stranger), voice(stated)]).toEqual(['heard', 'stranger', 'stranger']);
    expect(replies).toEqual([{ to: mapped, of: 1 }]);
  });

  test('hears the place of the description where no check ever comes', () => {
    const { lock, voice } = rig();
    expect([voice(stranger), voice(stated), voice(stated)]).toEqual(['stranger', 'heard', 'heard']);
    expect(lock.target).toEqual(stated);
  });

  test('changes over to what is nominated and loses nothing on the way', () => {
    const { lock, check, voice } = rig();
    check(other);
    expect(voice(other)).toBe('heard');
    check(mapped, { useCandidate: true });
    expect(lock.target).toEqual(mapped);
    // A straggler of before does not turn it back.
    expect([voice(other), lock.target]).toEqual(['heard', mapped]);
    expect([voice(mapped), voice(mapped), lock.target]).toEqual(['heard', 'heard', mapped]);
  });

  test('follows a far side whose network has changed, once a check came from there', () => {
    const { lock, check, voice } = rig();
    check(mapped, { useCandidate: true });
    voice(mapped);
    expect(voice(other)).toBe('stranger');
    check(other);
    expect([lock.target, voice(other), lock.target]).toEqual([mapped, 'heard', other]);
  });

  test('a new source at a proven place proves itself by two packets', () => {
    const { check, voice } = rig();
    check(mapped);
    check(other);
    expect([voice(mapped), voice(other, 8), voice(other, 8)]).toEqual(['heard', 'held', 'released']);
  });

  test('keeps its way over a new description, and through a restart', () => {
    const { lock, door, check, voice } = rig();
    check(mapped, { useCandidate: true });
    voice(mapped);
    lock.negotiate(mapped, '198.51.100.9');
    expect([lock.target, voice(mapped)]).toEqual([mapped, 'heard']);
    const next = { usernameFragment: 'anew', password: 'another-password-of-ours', remoteFragment: 'peer2' };
    door.configure(next);
    lock.negotiate({ ...stated, port: 4400 });
    expect([lock.target, voice(mapped)]).toEqual([mapped, 'heard']);
    check(other, { username: 'anew:peer2', password: next.password, useCandidate: true });
    expect([lock.target, voice(other), voice(mapped)]).toEqual([other, 'heard', 'stranger']);
  });

  test('RTCP comes from where its own check came, and goes there', () => {
    const { lock, check, voice } = rig();
    const control = { ...mapped, port: 61_001 };
    check(mapped, { useCandidate: true });
    expect(lock.admitControl(control, 9, undefined)).toBe(false);
    check(control, { useCandidate: true }, 2);
    voice(mapped);
    expect(lock.admitControl(control, 9, undefined)).toBe(true);
    expect(lock.controlTarget({ ...stated, port: 4001 })).toEqual(control);
    expect(lock.admitControl(stranger, 7, undefined)).toBe(false);
  });

  test('without ICE all is as before', () => {
    const { lock, door, voice } = rig();
    door.configure(undefined);
    expect([lock.target, voice(stated), door.take(checkOf({}), mapped, 1)]).toEqual([stated, 'heard', false]);
  });
});

test('voice costs one look', () => {
  const { door, replies } = rig();
  expect([door.take(Buffer.from([0x80, 0]), mapped, 1), replies]).toEqual([false, []]);
});
