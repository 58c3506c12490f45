export { type Member, membersOf, mostMembers } from './conferenced.ts';
export type { CallEvent } from './events.ts';
export type {
  CallRow,
  CallSignals,
  Destination,
  Device,
  FailureCause,
  Instruction,
  MediaPort,
  PlanFact,
  PlanInput,
  PlanMove,
  PlanPort,
  PlanPosition,
  RoutingPort,
  SipPort,
  WebCall,
} from './ports.ts';
export { callOfLeg, Calls } from './registry.ts';
export type { CallRecording, Fork, RecordingOrder } from './recorded.ts';
export { afterOrder } from './recording.ts';
export type { CallPorts, CallWatcher, LedgerPort } from './runner.ts';
export { type CallOffer, type CallState, hasEnded, isOnHold, type Leg, legsOf, whichLeg } from './state.ts';
export { mostSupervisors, type SupervisionMode, type Supervisor, supervisorsOf } from './supervised.ts';
export type {
  Consult,
  OlderTransfer,
  Parted,
  RungTarget,
  Transfer,
  TransferFailure,
  TransferOrder,
  TransferTarget,
  TransferWay,
} from './transferred.ts';
export { nameOfTarget, upcastTransfer } from './transferred.ts';
export type { AgentWay, Dialled, DialFailure, DialFailureCause, Dialling } from './dialled.ts';
export { offersVideo } from './video.ts';
export { admit, admitDialled, type Invitation, transition } from './transition.ts';
