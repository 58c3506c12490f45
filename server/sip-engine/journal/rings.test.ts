import { expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import type { JournalRing } from '../../../protocol/engine-journal.ts';
import { Rings } from './rings.ts';

const local = { host: '127.0.0.1', port: 5060 };

function ring(id: string): JournalRing {
  return { id, side: 'in', tag: '', flow: { protocol: 'udp', remote: local, local }, message: 'INVITE' };
}

function watched() {
  const clock = new SimulatedClock(1000);
  const said: string[] = [];
  const rings = new Rings(clock, {
    ringing: ({ id }) => said.push(`ring ${id}`),
    rung: (id) => said.push(`rung ${id}`),
  });
  return { clock, said, rings };
}

it('writes down only what rings for a while, and that it is over', () => {
  const { clock, said, rings } = watched();
  rings.begin('quick', () => ring('quick'));
  rings.over('quick');
  rings.begin('long', () => ring('long'));
  clock.advance(100);
  rings.begin('later', () => ring('later'));
  clock.advance(200);
  expect(said).toEqual(['ring long']);
  rings.over('long');
  rings.over('long');
  rings.over('later');
  clock.advance(10_000);
  expect(said).toEqual(['ring long', 'rung long']);
});

it('asks again as long as there is nothing to say yet, and stops when closed', () => {
  const { clock, said, rings } = watched();
  let proceeding = false;
  rings.begin('out', () => (proceeding ? ring('out') : undefined));
  clock.advance(1000);
  expect(said).toEqual([]);
  proceeding = true;
  clock.advance(1000);
  expect(said).toEqual(['ring out']);
  rings.begin('other', () => ring('other'));
  rings.close();
  clock.advance(1000);
  expect(said).toEqual(['ring out']);
});
