import type { MediaResult } from '../../protocol/media.ts';

/** The codec of a leg, as the media RPC names it. */
export type QualityCodec = NonNullable<MediaResult<'inventory'>['endpoints'][number]['codec']>;

/** How a codec bears loss. `scale`: what the best rating of its bandwidth is divided by to be on the narrowband scale. */
export interface Equipment {
  readonly best: number;
  readonly ie: number;
  readonly bpl: number;
  readonly scale: number;
}

/** ITU-T G.107 section 7.7: R of a connection with every parameter at its default. */
const narrowband = 93.2;

/**
 * G.711 as ITU-T G.113 Appendix I has it, with concealment, which both our ends do. The two others are approximations of ours on the
 * wideband scale of G.107.1: G.722 has its impairment at 64 kbit/s, its robustness is assumed; for Opus no ITU-T value is published,
 * so it is set between G.722 and no impairment, and a little less robust than G.711 is, for what its in-band FEC brings back.
 */
const equipment: Readonly<Record<QualityCodec, Equipment>> = {
  PCMU: { best: narrowband, ie: 0, bpl: 25.1, scale: 1 },
  PCMA: { best: narrowband, ie: 0, bpl: 25.1, scale: 1 },
  G722: { best: 129, ie: 13, bpl: 12, scale: 1.29 },
  opus: { best: 129, ie: 8, bpl: 20, scale: 1.29 },
};

/** What the model is asked about: one direction of one leg. */
export interface Conditions {
  readonly codec: QualityCodec;
  /** 0 to 1. */
  readonly lossRatio: number;
  /** Mean length of a burst of loss over the one of random loss (BurstR); 1 is random. Default 1. */
  readonly burstRatio?: number;
  /** Mouth to ear as far as the leg goes: network, packet, jitter buffer. */
  readonly oneWayMs: number;
}

/** What the model says. */
export interface Rating {
  /** 0 to 100, on the narrowband scale. */
  readonly r: number;
  /** 1 to 4.5. */
  readonly mos: number;
}

/** ITU-T G.107 Annex B: R as a mean opinion score. The cubic dips below 1 near 0, where a score cannot be. */
export function mosOf(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

/** ITU-T G.107 section 7.4: how much delay alone takes away (Idd). Echo is taken to be cancelled. */
export function delayImpairment(oneWayMs: number): number {
  if (oneWayMs <= 100) return 0;
  const x = Math.log2(oneWayMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** ITU-T G.107 section 7.5: what codec and loss take away together (Ie,eff). */
export function equipmentImpairment({ ie, bpl }: Pick<Equipment, 'ie' | 'bpl'>, lossRatio: number, burst = 1): number {
  const percent = 100 * Math.min(1, Math.max(0, lossRatio));
  return percent === 0 ? ie : ie + ((95 - ie) * percent) / (percent / Math.max(1, burst) + bpl);
}

/** The E-model with everything but codec, loss and delay at its default (ITU-T G.107, and G.107.1 by its scale). */
export function rate({ codec, lossRatio, burstRatio, oneWayMs }: Conditions): Rating {
  const { best, scale, ...impairing } = equipment[codec];
  const left = best - delayImpairment(oneWayMs) * scale - equipmentImpairment(impairing, lossRatio, burstRatio);
  const r = Math.min(100, Math.max(0, left / scale));
  return { r, mos: mosOf(r) };
}
