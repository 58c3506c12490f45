/** What the rest of the server may know of trunks. */
export { type CertificateOptions, CertificateFolder, httpsFetcher } from './certificates.ts';
export type { OutboundRule, SecretRef, TrunkConfig, TrunkPlan } from './config.ts';
export type { DayUse, NotPlaced, TrunkEvent, TrunkLeg } from './facts.ts';
export type { TrunkView } from './view.ts';
export { dayIn } from './meter.ts';
