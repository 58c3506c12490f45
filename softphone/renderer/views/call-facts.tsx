import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import { clockText, useNow, useTongue } from '../ui/hooks.ts';
import { known, partyNumber } from '../party.ts';

/** The causes the interface has words for. */
const causes = [
  'caller-hangup',
  'callee-hangup',
  'agent-hangup',
  'agent-cancelled',
  'media-failure',
  'transferred',
  'busy',
  'no-answer',
  'rejected',
  'wrong-number',
  'unreachable',
] as const;

/** The screen pop: number, queue, what was pressed, how long the caller has waited. */
export function CallFacts({ call, offsetMs }: { readonly call: DeskCall; readonly offsetMs: number }) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const outbound = call.direction === 'outbound';
  const pressed = call.pressed
    .map(({ digit, label = '', labelZh = label }) => `${digit} ${tongue === 'zh-CN' ? labelZh : label}`.trimEnd())
    .join(' › ');
  return (
    <dl className="facts">
      <Fact
        label={t('call.number')}
        value={known(partyNumber(call)) ?? t(`call.${withoutNumber(call)}`)}
        testId="caller-number"
        wide
      />
      {call.queue === undefined ? null : (
        <Fact label={t('call.queue')} value={labelText(call.queue.name, tongue)} testId="call-queue" />
      )}
      {outbound ? null : (
        <Fact label={t('call.pressed')} value={pressed === '' ? t('call.nothingPressed') : pressed} testId="pressed" />
      )}
      {call.waitingSince === undefined ? null : <Waited since={call.waitingSince} call={call} offsetMs={offsetMs} />}
      {outbound ? (
        <Fact label={t('call.shown')} value={known(call.from.number) ?? t('call.shownByTrunk')} testId="shown-number" />
      ) : (
        <Fact label={t('call.called')} value={call.to} testId="called" />
      )}
      {call.endCause === undefined ? null : (
        <Fact label={t('call.endedBecause')} value={causeText(t, call.endCause)} testId="end-cause" wide />
      )}
    </dl>
  );
}

/** What stands for the number of a caller who has none to show. Their name stands above, so it is not said again. */
export function withoutNumber({ web }: Pick<DeskCall, 'web'>): 'numberWithheld' | 'webCaller' | 'webCallerNamed' {
  if (web === undefined) return 'numberWithheld';
  return web.name === undefined ? 'webCaller' : 'webCallerNamed';
}

/** How long the caller was in the queue: until the answer, or until now. */
function Waited({
  since,
  call,
  offsetMs,
}: {
  readonly since: number;
  readonly call: DeskCall;
  readonly offsetMs: number;
}) {
  const { t } = useTranslation();
  const now = useNow(offsetMs);
  const until = call.answeredAt ?? call.endedAt ?? now;
  return <Fact label={t('call.waited')} value={clockText(until - since)} testId="waited" />;
}

function causeText(t: ReturnType<typeof useTranslation>['t'], cause: string): string {
  const words = causes.find((each) => each === cause);
  return words === undefined ? cause : t(`call.cause.${words}`);
}

interface FactProps {
  readonly label: string;
  readonly value: string;
  readonly testId: string;
  readonly wide?: boolean;
}

function Fact({ label, value, testId, wide }: FactProps) {
  return (
    <div className={`fact${wide === true ? ' fact-wide' : ''}`}>
      <dt>{label}</dt>
      <dd data-testid={testId}>{value}</dd>
    </div>
  );
}
