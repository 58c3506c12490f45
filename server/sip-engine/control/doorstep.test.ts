import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { Doorstep } from './doorstep.ts';

class Knocking extends EventEmitter {
  gone = false;

  destroy(): void {
    this.gone = true;
    this.emit('close');
  }
}

function knock(count: number) {
  const clock = new SimulatedClock();
  const doorstep = new Doorstep(clock);
  const visitors = Array.from({ length: count }, () => {
    const visitor = new Knocking();
    doorstep.wait(visitor);
    return visitor;
  });
  return { clock, doorstep, visitors, gone: () => visitors.map(({ gone }) => gone) };
}

describe('whoever has not authenticated', () => {
  it('has ten seconds; who has entered is left alone', () => {
    const { clock, doorstep, visitors, gone } = knock(2);
    const [, second] = visitors;
    if (second !== undefined) doorstep.enter(second);
    clock.advance(9999);
    expect(gone()).toEqual([false, false]);
    clock.advance(1);
    expect(gone()).toEqual([true, false]);
  });

  it('has to make room for the next when there are too many: nobody keeps the server out', () => {
    const { gone } = knock(70);
    expect(gone().slice(0, 6)).toEqual([true, true, true, true, true, true]);
    expect(gone().filter((each) => each)).toHaveLength(6);
  });
});
