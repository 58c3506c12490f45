import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { ChildMessage, Kind } from './messages.ts';
import type { Heard } from './recogniser.ts';
import { Writer, type WriterChild } from './writer.ts';

/** A child whose side of the talk is played by the test. */
class FakeChild implements WriterChild {
  readonly messages = new Emitter<ChildMessage>();
  readonly up = new Emitter<boolean>();
  ready = true;
  dropped = 0;
  killed = 0;
  readonly sent: string[] = [];
  send(kind: Kind, tap: number): void {
    this.sent.push(`${kind}${tap}`);
  }
  start(): Promise<boolean> {
    return Promise.resolve(true);
  }
  kill(): void {
    this.killed++;
  }
  final(tap: number, utterance: number, text: string): void {
    this.messages.emit({ type: 'final', tap, utterance, text, confidence: 1 });
  }
}

const frame = new Int16Array(160);

function setUp(): { child: FakeChild; writer: Writer; heard: Heard[]; clock: SimulatedClock } {
  const child = new FakeChild();
  const clock = new SimulatedClock();
  const writer = new Writer(child, clock);
  const heard: Heard[] = [];
  writer.heard.on((each) => heard.push(each));
  return { child, writer, heard, clock };
}

describe('a writer', () => {
  it('sends one utterance after the other, though they are spoken at once', () => {
    const { child, writer, heard } = setUp();
    writer.begin(1, 10);
    writer.write(1, frame);
    writer.begin(2, 20);
    writer.write(2, frame);
    writer.end(2);
    writer.write(1, frame);
    writer.end(1);
    expect(child.sent).toEqual(['B1', 'A1', 'A1', 'E1']);
    child.final(1, 10, 'one');
    expect(child.sent.slice(4)).toEqual(['B2', 'A2', 'E2']);
    child.final(2, 20, 'two');
    expect(heard.map((each) => each.type === 'final' && each.text)).toEqual(['one', 'two']);
    expect(writer.load).toBe(0);
  });

  it('gives up the oldest waiting utterance rather than grow, and counts it', () => {
    const { writer, heard } = setUp();
    writer.begin(1, 1);
    for (const tap of [2, 3]) {
      writer.begin(tap, 1);
      for (let n = 0; n < 1200; n++) writer.write(tap, frame);
      writer.end(tap);
    }
    expect(writer.dropped).toBeGreaterThan(0);
    expect(heard).toEqual([{ type: 'final', tap: 2, utterance: 1, text: '' }]);
  });

  it('ends an utterance with the text so far when its child dies, and goes on with the next child', () => {
    const { child, writer, heard } = setUp();
    writer.begin(1, 1);
    writer.write(1, frame);
    child.messages.emit({ type: 'partial', tap: 1, utterance: 1, text: 'hello' });
    writer.begin(2, 1);
    writer.write(2, frame);
    child.ready = false;
    child.up.emit(false);
    expect(heard.at(-1)).toEqual({ type: 'final', tap: 1, utterance: 1, text: 'hello' });
    child.sent.length = 0;
    child.ready = true;
    child.up.emit(true);
    expect(child.sent).toEqual(['B2', 'A2']);
  });

  it('puts an end to a child that is stuck', () => {
    const { child, writer, clock } = setUp();
    writer.begin(1, 1);
    writer.end(1);
    clock.advance(29_000);
    expect(child.killed).toBe(0);
    clock.advance(2000);
    expect(child.killed).toBe(1);
  });
});
