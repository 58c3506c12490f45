import { useTranslation } from 'react-i18next';
import type { DeskQueue } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import { clockText, useNow, useTongue } from '../ui/hooks.ts';

interface QueuePanelProps {
  readonly queues: readonly DeskQueue[];
  readonly offsetMs: number;
}

/** Who waits where, and for how long. */
export function QueuePanel({ queues, offsetMs }: QueuePanelProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const now = useNow(offsetMs);
  return (
    <section className="panel" aria-labelledby="queues-title" data-testid="queues">
      <h2 id="queues-title">{t('queues.title')}</h2>
      {queues.length === 0 ? (
        <p className="quiet">{t('queues.empty')}</p>
      ) : (
        <table className="queues">
          <thead>
            <tr>
              <th scope="col">{t('queues.name')}</th>
              <th scope="col">{t('queues.waiting')}</th>
              <th scope="col">{t('queues.oldest')}</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={queue.id} data-testid="queue" data-queue={queue.id} data-waiting={queue.waiting}>
                <th scope="row">{labelText(queue.name, tongue)}</th>
                <td className={queue.waiting > 0 ? 'queue-busy' : 'quiet'}>{queue.waiting}</td>
                <td className="quiet">{queue.oldestSince === undefined ? '–' : clockText(now - queue.oldestSince)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
