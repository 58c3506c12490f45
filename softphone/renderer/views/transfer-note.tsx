import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { ConsultPanel } from './consult-panel.tsx';

/** Who hands the call over, how far handing it over has come, and why it came to nothing. */
export function TransferNote({ call, offsetMs }: { readonly call: DeskCall; readonly offsetMs: number }) {
  const { t } = useTranslation();
  const { transfer, transferredBy, transferredByName, consulted, consultation } = call;
  if (transferredBy !== undefined) {
    const agent = transferredByName ?? transferredBy;
    const asked = consulted === true ? 'consult.from' : 'transfer.from';
    return (
      <p className="remark" role="status" data-testid="transferred-by" data-consultation={consultation}>
        {t(consultation === undefined ? asked : `consult.now.${consultation}`, { agent })}
      </p>
    );
  }
  if (transfer === undefined) return null;
  // Who is being added stands among those in the talk.
  if (transfer.joins === true) return null;
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
