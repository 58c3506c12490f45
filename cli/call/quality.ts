/** `call show ID --quality`: how the legs of a call sound, or sounded, and why. */
import { callQuality, type CallLegQuality } from '../../protocol/quality.ts';
import type { Api } from '../api.ts';
import { tableLines, type Column } from '../table.ts';
import { exitCodes, type Terminal } from '../terminal.ts';
import { qualityTexts } from '../texts/quality.ts';
import { speaker } from '../texts/text.ts';
import { dateTime } from '../times.ts';

type Say = (key: keyof typeof qualityTexts & string) => string;

function causeText({ cause, evidence }: CallLegQuality, say: Say): string | undefined {
  if (cause === undefined) return undefined;
  const figures = Object.entries(evidence ?? {}).map(([name, value]) => `${name}=${value}`);
  return [say(`cause-${cause}`), ...figures].join(' ');
}

function iceText(ice: CallLegQuality['ice'], say: Say): string | undefined {
  if (ice === undefined) return undefined;
  const { state, nominated, remote, since } = ice;
  const words = say(state === 'checking' ? 'ice-checking' : nominated === true ? 'ice-nominated' : 'ice-proven');
  const place = remote === undefined ? [] : [`${remote.address}:${String(remote.port)}`];
  return [words, ...place, ...(since === undefined ? [] : [dateTime(since)])].join(' ');
}

function columns(say: Say): Column<CallLegQuality>[] {
  return [
    { title: say('title-leg'), of: ({ legId }) => legId.slice(legId.indexOf('.') + 1) },
    { title: say('title-side'), of: ({ side }) => say(`side-${side}`) },
    { title: say('title-codec'), of: ({ codec }) => codec },
    { title: say('title-audio'), of: ({ sends }) => (sends === undefined ? undefined : say(`sends-${sends}`)) },
    { title: say('title-cost'), of: ({ costUs }) => costUs?.toFixed(0), align: 'right' },
    { title: say('title-level'), of: ({ level }) => say(`level-${level}`) },
    { title: say('title-mos'), of: ({ mos }) => mos.toFixed(2), align: 'right' },
    { title: say('title-worst'), of: ({ worstMos }) => worstMos.toFixed(2), align: 'right' },
    { title: say('title-lost'), of: ({ lossPercent }) => lossPercent.toFixed(2), align: 'right' },
    { title: say('title-lost-there'), of: ({ sentLossPercent }) => sentLossPercent?.toFixed(2), align: 'right' },
    { title: say('title-jitter'), of: ({ jitterMs }) => jitterMs.toFixed(1), align: 'right' },
    { title: say('title-trip'), of: ({ roundTripMs }) => roundTripMs, align: 'right' },
    { title: say('title-seconds'), of: ({ seconds }) => seconds, align: 'right' },
    { title: say('title-ice'), of: ({ ice }) => iceText(ice, say) },
    { title: say('title-cause'), of: (leg) => causeText(leg, say) },
  ];
}

/** The lines of the table; one that says so where nothing is known. */
export function qualityLines(legs: readonly CallLegQuality[], say: Say): string[] {
  return legs.length === 0 ? [say('none')] : tableLines(legs, columns(say));
}

/** Asks the server and prints what it says. */
export async function showQuality(id: string, json: boolean, api: Api, terminal: Terminal): Promise<number> {
  const answer = await api.get(`/api/v1/calls/${encodeURIComponent(id)}/quality`, callQuality);
  if (json) terminal.out(JSON.stringify(answer));
  else for (const line of qualityLines(answer.legs, speaker(qualityTexts, terminal.language))) terminal.out(line);
  return exitCodes.ok;
}
