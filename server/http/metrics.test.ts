import { expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { fakeLive, idle } from '../../test/support/fake-live.ts';
import { LedgerBench } from '../../test/support/ledger-bench.ts';
import { Metrics } from './metrics.ts';

it('counts from the rows: how late words and alerts came after they were said, what became of calls out', async () => {
  const bench = new LedgerBench();
  const ledger = await bench.open(bench.folder());
  const ready = { ready: true, parts: {} };
  const clock = new SimulatedClock();
  const metrics = new Metrics(ledger, fakeLive({ clock, agents: () => [idle], ready: () => ready, hungUp: [] }));
  const row = (type: string, at: number, facts: Record<string, unknown>) => ({ type, callId: 'c', at, facts });
  await ledger.append([
    row('answered', 1000, { waitedMs: 500 }),
    row('alert-raised', 4300, { speaker: 'caller', endMs: 3000 }),
    row('transcript-heard', 5000, { speaker: 'caller', endMs: 3200 }),
    row('transcript-heard', 5000, { speaker: 'agent', endMs: 100 }),
    row('call-recovered', 6000, { phase: 'talking' }),
    row('call-ended', 7000, { cause: 'caller-hangup' }),
    row('answered', 8000, { ringMs: 500 }),
    row('dial-failed', 9000, { cause: 'busy' }),
    row('quality', 9000, { side: 'agent', codec: 'opus', mos: 4.2 }),
    row('quality', 9000, { side: 'outside', codec: 'PCMA', mos: 2.9, cause: 'carrier-leg' }),
  ]).written;
  const text = await metrics.registry.metrics();
  expect(text).toContain('jackfield_alert_latency_seconds_sum 0.3');
  expect(text).toContain('jackfield_asr_lag_seconds_sum 0.8');
  expect(text).toContain('jackfield_asr_lag_seconds_count 1');
  expect(text).toContain('jackfield_state_repairs_total 1');
  expect(text).toContain('jackfield_calls_ended_total{cause="caller-hangup"} 1');
  expect(text).toContain('jackfield_dialled_calls_total{outcome="answered"} 1');
  expect(text).toContain('jackfield_dialled_calls_total{outcome="busy"} 1');
  expect(text).toContain('jackfield_leg_mos_bucket{le="4",side="agent",codec="opus"} 0');
  expect(text).toContain('jackfield_leg_mos_bucket{le="4.3",side="agent",codec="opus"} 1');
  expect(text).toContain('jackfield_leg_causes_total{side="outside",cause="carrier-leg"} 1');
  expect(text).toContain('jackfield_queue_wait_seconds_count{outcome="answered"} 1');
  expect(text).toContain('jackfield_sip_dropped_total{reason="source-rate"} 3');
  expect(text).toContain('jackfield_sip_sources_held 1');
  expect(text).toContain('jackfield_rtp_loss_ratio{direction="received"} 0.02');
  expect(text).toContain('jackfield_queue_dropped_total{stage="ears"} 5');
  // Asked again, the engine's own count is told, not twice as much.
  expect(await metrics.registry.metrics()).toContain('jackfield_sip_dropped_total{reason="source-rate"} 3');
  metrics.close();
  await bench.scope.close();
});
