/** What the rest of the server may know of trunks. */
import type { Check } from './card.ts';

export { type Check, type CheckName, type Grade } from './card.ts';
export { type CertificateOptions, CertificateFolder } from './certificates.ts';
export { httpsFetcher } from './https-fetcher.ts';
export type { OutboundRule, SecretRef, TrunkConfig, TrunkPlan } from './config.ts';
export type { DayUse, NotPlaced, TrunkEvent, TrunkLeg } from './facts.ts';
export type { TrunkView } from './view.ts';
export { dayIn } from './meter.ts';

/** What a test of a trunk came to. */
export interface TrunkCard {
  readonly trunk: string;
  readonly grade: 'A' | 'B' | 'C' | 'F';
  readonly checks: readonly Check[];
}
