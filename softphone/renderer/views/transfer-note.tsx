import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { ConsultPanel } from './consult-panel.tsx';

/** Who hands the call over, how far handing it over has come, and why it came to nothing. */
export function TransferNote({ call, offsetMs }: { readonly call: DeskCall; readonly offsetMs: number }) {
  const { t } = useTranslation();
  const { transfer, transferredBy, transferredByName, consulted } = call;
  if (transferredBy !== undefined)
    return (
      <p className="remark" data-testid="transferred-by">
        {t(consulted === true ? (call.state === 'talking' ? 'consult.now' : 'consult.from') : 'transfer.from', {
          agent: transferredByName ?? transferredBy,
        })}
      </p>
    );
  if (transfer === undefined) return null;
  if (transfer.type === 'attended' && transfer.stage !== 'failed')
    return <ConsultPanel call={call} transfer={transfer} offsetMs={offsetMs} />;
  const stage = transfer.stage === 'talking' ? 'early-media' : transfer.stage;
  return (
    <div role="status" data-testid="transfer-note" data-stage={transfer.stage}>
      <p className="remark">{t(`transfer.stage.${stage}`, { to: transfer.name ?? transfer.to })}</p>
      {transfer.failure === undefined ? null : <ProblemNote problem={transfer.failure} />}
    </div>
  );
}
