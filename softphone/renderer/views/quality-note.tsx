import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import type { CallLegQuality } from '../../../protocol/quality.ts';

/**
 * How both legs of the call sound: a quiet line while all is well, a remark with cause and figures where it is not. Nothing before
 * the server has looked.
 */
export function QualityNote({ call }: { readonly call: DeskCall }) {
  const { t } = useTranslation();
  const legs = call.state === 'ended' ? [] : (call.quality ?? []);
  if (legs.length === 0) return null;
  const words = legs.map(({ side, level }) =>
    t('quality.leg', { side: t(`quality.${side}`), level: t(`quality.${level}`) }),
  );
  return (
    <div className="quality" role="status" data-testid="call-quality">
      <p className="quiet">{words.join(' · ')}</p>
      <AudioLine legs={legs} />
      {legs.map((leg) => (leg.cause === undefined ? null : <Cause key={leg.legId} leg={leg} cause={leg.cause} />))}
    </div>
  );
}

/** In which codec each side is, and whether its packets pass as they come or are made anew, with what that costs. */
function AudioLine({ legs }: { readonly legs: readonly CallLegQuality[] }) {
  const { t } = useTranslation();
  const words = legs.flatMap(({ side, codec, sends, costUs = 0 }) => {
    if (sends === undefined) return [];
    const value = Math.round(costUs);
    const how = t(value === 0 ? 'quality.codec' : 'quality.cost', { codec, sends: t(`quality.sends.${sends}`), value });
    return [t('quality.leg', { side: t(`quality.${side}`), level: how })];
  });
  if (words.length === 0) return null;
  return (
    <p className="quiet" data-testid="quality-audio">
      {words.join(' · ')}
    </p>
  );
}

const figureNames = ['lossPercent', 'jitterMs', 'roundTripMs', 'driftPpm', 'packetsPerSecond'] as const;

/** What the agent can say or do about it, and how we know. */
function Cause({ leg, cause }: { readonly leg: CallLegQuality; readonly cause: NonNullable<CallLegQuality['cause']> }) {
  const { t } = useTranslation();
  const where = cause === 'one-way-audio' && leg.side === 'agent' ? 'one-way-audio-own' : cause;
  const figures = figureNames.flatMap((name) => {
    const value = leg.evidence?.[name];
    return value === undefined ? [] : [t(`quality.figures.${name}`, { value })];
  });
  return (
    <p className="remark" data-testid="quality-cause" data-cause={cause} data-side={leg.side}>
      {t(`quality.causes.${where}`)} {figures.length === 0 ? null : <span>({figures.join(', ')})</span>}
    </p>
  );
}
