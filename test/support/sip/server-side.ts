/** The server's SIP side on an engine of its own, with everything it tells written down. */
import { EventEmitter, once } from 'node:events';
import { systemClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/logger.ts';
import type { Engine } from '../../../server/sip-engine/index.ts';
import {
  dayIn,
  type Invite,
  type LegEvent,
  type Remembered,
  type SipOptions,
  SipSide,
  type StoredDialog,
  type TrunkEvent,
  type TrunkPlan,
  usualDeviceSettings,
} from '../../../server/sip/index.ts';

/** What a SIP side without trunks needs to know of them. */
export const noTrunks: SipOptions['trunks'] = {
  secretOf: () => undefined,
  dayOf: dayIn('UTC'),
  kept: new Map(),
  audio: { bind: '127.0.0.1', advertise: '127.0.0.1', ports: [20_000, 33_000] },
  talkMs: 400,
  certificates: { anchors: () => [], chain: () => Promise.resolve(undefined) },
};

export interface ServerSide {
  readonly sip: SipSide;
  readonly invites: readonly Invite[];
  readonly events: readonly LegEvent[];
  readonly trunkEvents: readonly TrunkEvent[];
  /** Where refused strangers came from. */
  readonly strangers: readonly string[];
  /** What a restart would hand over of the dialogs there are, by leg. */
  readonly dialogs: ReadonlyMap<string, StoredDialog>;
  /** The first thing told of trunks (there or to come) of which that holds. */
  trunkEvent(holds: (event: TrunkEvent) => boolean): Promise<TrunkEvent>;
  /** The first event of a leg (there or to come) of that type. */
  event<T extends LegEvent['type']>(type: T): Promise<Extract<LegEvent, { type: T }>>;
  /** The next INVITE that was let in. */
  invited(): Promise<Invite>;
}

/** Connects to the engine and waits until requests come. */
export async function startServerSide(
  engine: Pick<Engine, 'ports'>,
  options: Partial<SipOptions> = {},
  plan: TrunkPlan = { trunks: new Map(), outbound: [] },
  answer: (sip: SipSide, invite: Invite) => void = (sip, { legId }) => sip.reject(legId, 404, 'Not Found'),
  remembered: Remembered = { dialogs: [], bindings: [] },
): Promise<ServerSide> {
  const told = new EventEmitter();
  const invites: Invite[] = [];
  const events: LegEvent[] = [];
  const trunkEvents: TrunkEvent[] = [];
  const strangers: string[] = [];
  const dialogs = new Map<string, StoredDialog>();
  const trunkEvent = async (holds: (event: TrunkEvent) => boolean): Promise<TrunkEvent> => {
    for (;;) {
      const found = trunkEvents.find(holds);
      if (found !== undefined) return found;
      await once(told, 'trunk');
    }
  };
  let calls = 0;
  const sip: SipSide = new SipSide(
    {
      engine: { host: '127.0.0.1', port: engine.ports.admin, secret: 'contract-secret' },
      realm: 'jackfield.local',
      home: { country: 'CN', areaCode: '531' },
      clock: systemClock,
      logger: silentLogger,
      newCallId: () => `call${++calls}`,
      key: Buffer.alloc(32, 7),
      trunks: noTrunks,
      accountOf: () => undefined,
      devices: usualDeviceSettings,
      returnMs: 30_000,
      ...options,
    },
    {
      invited(invite) {
        invites.push(invite);
        told.emit('invited', invite);
        // As the call machine does: the answer comes after the admission.
        setImmediate(() => answer(sip, invite));
        return null;
      },
      legEvent(event) {
        events.push(event);
        told.emit('event');
      },
      dialogChanged(legId, dialog) {
        if (dialog === null) dialogs.delete(legId);
        else dialogs.set(legId, dialog);
        told.emit('event');
      },
      registrationChanged: () => undefined,
      trunkEvent(event) {
        trunkEvents.push(event);
        told.emit('trunk');
      },
      consultingCall: () => undefined,
      mayReplace: () => false,
      strangerRefused: (source) => void strangers.push(source),
      engineChanged: (connected) => void told.emit('engine', connected),
    },
  );
  sip.trunks.configure(plan);
  const connected = once(told, 'engine');
  await sip.start(remembered);
  await connected;
  return {
    sip,
    invites,
    events,
    trunkEvents,
    trunkEvent,
    strangers,
    dialogs,
    async invited() {
      const [invite] = (await once(told, 'invited')) as [Invite];
      return invite;
    },
    async event<T extends LegEvent['type']>(type: T) {
      for (;;) {
        const found = events.find((event): event is Extract<LegEvent, { type: T }> => event.type === type);
        if (found !== undefined) return found;
        await once(told, 'event');
      }
    },
  };
}
