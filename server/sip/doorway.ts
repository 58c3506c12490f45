/** Where INVITEs outside a dialog come in: who sends them, whether that is allowed, and what call they belong to. */
import type { Clock } from '../../base/clock.ts';
import type { Admission } from './admission.ts';
import type { Devices } from './devices.ts';
import { type Request, type Response, severalLines } from './drachtio.ts';
import type { Guests } from './guests.ts';
import type { Legs } from './legs.ts';
import { type Home, normalise, userOf } from './numbers.ts';
import type { Attestation, Invite, KnownOrigin, SipListener } from './ports.ts';
import { type Place, placeOf } from './replaces.ts';
import { fromTrunk } from './trunk-legs.ts';
import type { Trunks } from './trunks/index.ts';

/** Who is asked and told about what comes in. */
export interface DoorwayPorts {
  readonly clock: Clock;
  readonly home: Home;
  readonly admission: Admission;
  readonly devices: Devices;
  readonly guests: Guests;
  readonly legs: Legs;
  readonly trunks: Trunks;
  readonly listener: SipListener;
  readonly newCallId: () => string;
}

/** See the head of the file. */
export class Doorway {
  readonly #ports: DoorwayPorts;

  constructor(ports: DoorwayPorts) {
    this.#ports = ports;
  }

  /** An INVITE: refused, challenged, or a leg of a call from now on. */
  invited(req: Request, res: Response): void {
    const { clock, home, admission, devices, guests, legs, listener } = this.#ports;
    const origin = admission.judge(req, clock.now());
    if (origin.type === 'challenge') {
      const challenges = devices.challenges(req, origin.stale);
      return res.send(407, { headers: severalLines('Proxy-Authenticate', challenges) });
    }
    if (origin.type === 'stranger') {
      res.send(403, 'Forbidden', {});
      return listener.strangerRefused(req.source_address);
    }
    const replaces = req.has('Replaces') ? req.get('Replaces') : undefined;
    const place = placeOf(replaces, origin, this.#ports);
    if (typeof place === 'number') return void res.send(place);
    const device = origin.type === 'agent' ? devices.nameOf(origin.agentId, req) : undefined;
    legs.take(place.legId, req, res, device);
    if (origin.type === 'trunk') return this.#invitedByTrunk(origin, place, req, res);
    // Nothing a guest says of itself counts: who it is and where the call goes stands in the pass.
    if (origin.type === 'guest') guests.use(origin.pass);
    const caller = origin.type === 'guest' ? '' : userOf(req.getParsedHeader('From').uri);
    const from = caller === '' ? 'anonymous' : normalise(caller, home);
    this.#admit({ ...place, origin, from, to: userOf(req.uri) }, req, res);
  }

  #invitedByTrunk(origin: Extract<KnownOrigin, { type: 'trunk' }>, place: Place, req: Request, res: Response): void {
    const { legs, trunks } = this.#ports;
    const { legId } = place;
    const taken = fromTrunk(trunks, origin.trunk, legId, req);
    if (taken.type === 'refused') {
      legs.forget(legId);
      return res.send(taken.status, taken.reason, { headers: { ...taken.headers } });
    }
    const { from, to, asserted, diversions } = taken.facts;
    const admit = (attestation: Attestation): void =>
      this.#admit({ ...place, origin, from, to, asserted, diversions, attestation }, req, res);
    if (typeof taken.attestation === 'string') return admit(taken.attestation);
    // A certificate may have to be fetched, and the caller be gone by then. It never rejects.
    void taken.attestation.then((attestation) => {
      if (legs.isPending(legId)) admit(attestation);
    });
  }

  #admit(call: Omit<Invite, 'sdp' | 'transport' | 'source'>, req: Request, res: Response): void {
    const { legs, trunks, listener } = this.#ports;
    const { legId } = call;
    const refusal = listener.invited({
      ...call,
      sdp: req.body,
      transport: req.protocol,
      source: `${req.source_address}:${req.source_port}`,
    });
    if (refusal === null) return;
    legs.forget(legId);
    trunks.over(legId);
    res.send(refusal.status, refusal.reason, { headers: { ...refusal.headers } });
  }
}
