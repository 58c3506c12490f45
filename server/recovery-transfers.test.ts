/** Transfers and consultations after a restart: what of them goes on, and what the agent has back. */
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import {
  agentLeg,
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  dialled,
  gone,
  opened,
  outside,
  progress,
  run,
  second,
  taken,
  toTalk,
} from './calls/transferring.test-support.ts';
import { type CallEvent, type CallPorts, Calls, type CallState, upcastTransfer } from './calls/index.ts';
import { tellDialogs } from './recovery.ts';
import type { StoredDialog } from './sip/index.ts';

const nothing = (): undefined => undefined;
/** A world that does nothing: only what the call itself says counts here. */
const ports = {
  media: new Proxy({}, { get: () => () => new Promise(nothing) }),
  sip: new Proxy({}, { get: () => nothing }),
  plan: { begin: () => ({ type: 'no-route' }), advance: () => ({ type: 'plan-gone' }) },
  routing: new Proxy({}, { get: () => nothing }),
  ledger: { append: () => Promise.resolve() },
  clock: new SimulatedClock(10),
  logger: silentLogger,
} as unknown as CallPorts;

function recovered(before: CallState, dialogs: readonly string[]) {
  const calls = new Calls(ports, { changed: nothing, retired: nothing });
  calls.restore(JSON.parse(JSON.stringify(before)) as CallState);
  const byes: string[] = [];
  tellDialogs(calls, new Map(dialogs.map((legId) => [legId, {} as StoredDialog])), (legId) => byes.push(legId));
  return { state: calls.get(before.callId), byes };
}

const number = { type: 'outside', to: '+862112345678' } as const;
const toConsult: readonly CallEvent[] = [
  ...[...toTalk, asked(number, { consult: true }), opened(outside), progress(outside, 180)],
  ...[answered(outside), taken(outside)],
];
const toLine: readonly CallEvent[] = [...toTalk, dialled(), opened(outside), opened(second)];
const both = [callerLeg, agentLeg];

describe('a restart in mid-transfer', () => {
  it.each([
    ['a consultation goes on', toConsult, [...both, outside], { consult: { with: 'target' } }, []],
    [
      'one without its caller too',
      [...toConsult, gone(callerLeg)],
      [agentLeg, outside],
      { consult: { callerLeft: true } },
      [],
    ],
    ['one whose target is gone does not', toConsult, both, null, []],
    ['a target that was rung is let go', toConsult.slice(0, -2), both, null, []],
    ['one that answered into the death is too', toConsult.slice(0, -1), [...both, outside], null, [outside]],
    [
      'a colleague that was rung is let go',
      [...toTalk, asked(bob), opened(colleague), progress(colleague, 180)],
      both,
      null,
      [],
    ],
    ['a second line that waited is told by the engine', toLine, both, null, []],
    [
      'a second line that talks goes on',
      [...toLine, answered(outside), taken(outside), { type: 'leg-confirmed', legId: second } as const],
      [...both, outside, second],
      { consult: { phone: { legId: second } } },
      [],
    ],
  ])('%s', (_name, events, dialogs, transfer, bade) => {
    const { state, byes } = recovered(run(events).state, dialogs);
    expect(state).toMatchObject({ phase: 'talking', other: { legId: agentLeg } });
    if (transfer === null) expect(state?.transfer).toBeNull();
    else expect(state?.transfer).toMatchObject(transfer);
    expect(byes).toEqual(bade);
  });

  it('reads a transfer as an earlier release kept it', () => {
    const {
      others: _others,
      consult: _consult,
      tried: _tried,
      ...kept
    } = run([...toTalk, asked(bob)]).state.transfer ?? {};
    const { devices = [], ...target } = bob.type === 'agent' ? bob : {};
    const older = { ...kept, target: { ...target, device: devices[0] } };
    expect(upcastTransfer(older as Parameters<typeof upcastTransfer>[0])).toMatchObject({
      ...{ others: [], consult: null, tried: [], target: { agentId: 'bob', devices } },
    });
  });
});
