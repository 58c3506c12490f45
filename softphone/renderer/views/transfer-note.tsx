import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import { ProblemNote } from '../ui/problem-note.tsx';

/** Who hands the call over, how far handing it over has come, and why it came to nothing. */
export function TransferNote({ call }: { readonly call: DeskCall }) {
  const { t } = useTranslation();
  const { transfer, transferredBy } = call;
  if (transferredBy !== undefined)
    return (
      <p className="remark" data-testid="transferred-by">
        {t('transfer.from', { agent: transferredBy })}
      </p>
    );
  if (transfer === undefined) return null;
  return (
    <div role="status" data-testid="transfer-note" data-stage={transfer.stage}>
      <p className="remark">{t(`transfer.stage.${transfer.stage}`, { to: transfer.to })}</p>
      {transfer.failure === undefined ? null : <ProblemNote problem={transfer.failure} />}
    </div>
  );
}
