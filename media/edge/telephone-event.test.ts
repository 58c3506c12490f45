import { describe, expect, test } from 'vitest';
import { DigitReceiver, DigitSender, type Digit } from './telephone-event.ts';

const five = 5;
const event = (code: number, duration: number, end = false): Uint8Array =>
  Uint8Array.of(code, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff);

/** A packet with its timestamp, or the passing of milliseconds. */
type Step = { readonly at: number; readonly payload: Uint8Array } | number;

function receive(steps: readonly Step[]): Digit[] {
  const receiver = new DigitReceiver();
  const got: Digit[] = [];
  let now = 0;
  for (const step of steps) {
    if (typeof step === 'number') {
      now += step;
      got.push(...receiver.tick(now));
    } else got.push(...receiver.packet(step.at, step.payload, now));
  }
  return got;
}

const press = (at: number, code: number): Step[] => [
  ...[160, 320, 480, 640].flatMap((duration) => [{ at, payload: event(code, duration) }, 20]),
  ...[1, 2, 3].map(() => ({ at, payload: event(code, 800, true) })),
];

describe('DigitReceiver', () => {
  test.each<[string, readonly Step[], readonly Digit[]]>([
    ['three end packets are one digit', press(1000, five), [{ digit: '5', durationMs: 100 }]],
    [
      'the same key twice is two digits',
      [...press(1000, 1), ...press(3000, 1)],
      [
        { digit: '1', durationMs: 100 },
        { digit: '1', durationMs: 100 },
      ],
    ],
    ['only an end packet arrived', [{ at: 1, payload: event(11, 800, true) }], [{ digit: '#', durationMs: 100 }]],
    [
      'all ends lost: time ends it',
      [{ at: 1, payload: event(10, 160) }, { at: 1, payload: event(10, 320) }, 100, 150],
      [{ digit: '*', durationMs: 40 }],
    ],
    [
      'all ends lost: the next key ends it',
      [{ at: 1, payload: event(1, 320) }, ...press(900, 2)],
      [
        { digit: '1', durationMs: 40 },
        { digit: '2', durationMs: 100 },
      ],
    ],
    [
      'an update after the end is nothing new',
      [...press(1000, 3), { at: 1000, payload: event(3, 640) }, 500],
      [{ digit: '3', durationMs: 100 }],
    ],
    [
      'a late packet of the digit before is nothing new',
      [...press(1000, 3), ...press(3000, 4), { at: 1000, payload: event(3, 800, true) }],
      [
        { digit: '3', durationMs: 100 },
        { digit: '4', durationMs: 100 },
      ],
    ],
    [
      'a key held down does not end by itself',
      [
        { at: 1, payload: event(7, 160) },
        150,
        { at: 1, payload: event(7, 1360) },
        150,
        { at: 1, payload: event(7, 2560, true) },
      ],
      [{ digit: '7', durationMs: 320 }],
    ],
    [
      'timestamps wrap',
      [...press(2 ** 32 - 100, 8), ...press(1500, 9)],
      [
        { digit: '8', durationMs: 100 },
        { digit: '9', durationMs: 100 },
      ],
    ],
    ['a flash (16) is no digit', press(1000, 16), []],
    ['a short payload is nothing', [{ at: 1, payload: Uint8Array.of(1, 0x80) }], []],
  ])('%s', (_, steps, digits) => {
    expect(receive(steps)).toEqual(digits);
  });
});

describe('DigitSender', () => {
  test('sends eight updates, three ends and a pause for each digit, and is understood', () => {
    const sender = new DigitSender('d', '4#');
    const receiver = new DigitReceiver();
    const got: Digit[] = [];
    const steps: string[] = [];
    let timestamp = 0;
    for (let now = 0; now < 2000; now += 20) {
      const step = sender.next(true);
      if (step.type === 'done') break;
      steps.push(step.type);
      if (step.type !== 'event') continue;
      if (step.first) timestamp = now * 8;
      got.push(...receiver.packet(timestamp, step.payload, now));
    }
    expect(got).toEqual([
      { digit: '4', durationMs: 160 },
      { digit: '#', durationMs: 160 },
    ]);
    const one = [...Array.from({ length: 11 }, () => 'event'), ...Array.from({ length: 4 }, () => 'pause')];
    expect(steps).toEqual([...one, ...one]);
  });

  test('sends tones to a peer without events', () => {
    const sender = new DigitSender('d', '1');
    const steps = Array.from({ length: 16 }, () => sender.next(false));
    expect(steps.filter(({ type }) => type === 'tone')).toHaveLength(8);
    expect(steps.at(-1)).toEqual({ type: 'done' });
  });
});
