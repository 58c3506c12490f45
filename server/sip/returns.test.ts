import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import type { EngineDialog } from '../../protocol/engine-link.ts';
import { Returns } from './returns.ts';

function held(id: string, facts: Partial<EngineDialog> = {}): EngineDialog {
  const plain = { state: 'confirmed', role: 'uac', tag: 'jackfield', parked: false, since: 0 } as const;
  return { ...plain, id, recovered: true, reachable: false, ...facts };
}

function watching(now: () => Promise<readonly EngineDialog[]>) {
  const clock = new SimulatedClock(0);
  const gone: string[] = [];
  const returns = new Returns({ clock, waitMs: 30_000, dialogs: now, gone: (ids) => gone.push(...ids) });
  const after = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { returns, gone, after };
}

describe('a browser the engine lost with its death', () => {
  it('has its time to come back; only those that have not are gone', async () => {
    const { returns, gone, after } = watching(() =>
      Promise.resolve([held('back', { reachable: true }), held('away'), held('never watched')]),
    );
    returns.watch([held('back'), held('away'), held('over')]);
    await after(29_999);
    expect(gone).toEqual([]);
    await after(1);
    expect(gone).toEqual(['away']);
  });

  it('is not waited for where the engine did not die, or can reach the peer', async () => {
    let asked = 0;
    const { returns, gone, after } = watching(() => {
      asked++;
      return Promise.resolve([held('a')]);
    });
    returns.watch([held('a', { recovered: false }), held('b', { reachable: true })]);
    await after(60_000);
    expect([asked, gone]).toEqual([0, []]);
  });

  it('gets its time anew when the engine dies again, and none is lost with the link', async () => {
    let up = false;
    const { returns, gone, after } = watching(() => (up ? Promise.resolve([held('a')]) : Promise.reject(new Error())));
    returns.watch([held('a')]);
    await after(20_000);
    returns.watch([held('a')]);
    await after(20_000);
    expect(gone).toEqual([]);
    await after(10_000);
    expect(gone, 'nobody could be asked').toEqual([]);
    up = true;
    returns.watch([held('a')]);
    await after(30_000);
    expect(gone).toEqual(['a']);
  });
});
