/** A test of a trunk on demand: OPTIONS, a call to its test number, and the card with what was found. */
import { type Srf, testInvite } from './drachtio.ts';
import { checksOf, gradeOf } from './trunks/card.ts';
import type { AudioPlace } from './trunks/echo-audio.ts';
import type { Trunks } from './trunks/index.ts';
import { probe } from './trunks/probe.ts';
import type { TrunkCard } from './trunks/public.ts';

/** What a test needs. */
export interface TrunkTestPorts {
  readonly srf: Srf;
  readonly trunks: Trunks;
  /** Where the audio of the call goes from. */
  readonly audio: AudioPlace;
  /** How long the call talks, ms. */
  readonly talkMs: number;
  readonly newCallId: () => string;
}

/** OPTIONS, and a call to `number` (or the trunk's own test number). Undefined: there is no such trunk. */
export async function testTrunk(
  id: string,
  number: string | undefined,
  { srf, trunks, audio, talkMs, newCallId }: TrunkTestPorts,
): Promise<TrunkCard | undefined> {
  const line = trunks.line(id);
  if (line === undefined) return undefined;
  const to = number ?? line.config.testNumber;
  const legId = `test-${newCallId()}.x1`;
  const from = line.config.callerId.default ?? 'anonymous';
  const findings = await probe(
    {
      ...{ line, audio, talkMs },
      call: (sdp) => trunks.outgoing(legId, { to: to ?? '', from, sdp, headers: {}, trunk: id }),
      invite: (attempt, progress) => testInvite(srf, attempt, progress),
      answered: () => trunks.answered(legId),
      over: () => trunks.over(legId),
    },
    to !== null && line.config.calls !== 'in',
  );
  const checks = checksOf(findings);
  return { trunk: id, grade: gradeOf(checks), checks };
}
