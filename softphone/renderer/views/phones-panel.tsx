import { useTranslation } from 'react-i18next';
import type { DeskDevice, DeskPhones, RingChoice } from '../../../protocol/desk.ts';

interface PhonesPanelProps {
  readonly phones: DeskPhones;
  readonly disabled: boolean;
  readonly choose: (ring: RingChoice) => void;
}

const choices: readonly RingChoice[] = ['all', 'softphone', 'desk'];

/** Whether one of the phones that would be rung answers. */
function isReached({ ring, devices }: DeskPhones): boolean {
  return devices.some(({ kind, reachable }) => reachable && (ring === 'all' || ring === kind));
}

/** The agent's phones, whether each is there, and which of them a call rings. */
export function PhonesPanel({ phones, disabled, choose }: PhonesPanelProps) {
  const { t } = useTranslation();
  const { ring, devices } = phones;
  return (
    <section className="panel" aria-labelledby="phones-title" data-testid="phones" data-ring={ring}>
      <h2 id="phones-title">{t('phones.title')}</h2>
      <fieldset className="ring-choice" disabled={disabled}>
        <legend>{t('phones.ring')}</legend>
        {choices.map((choice) => (
          <label key={choice}>
            <input
              type="radio"
              name="ring"
              value={choice}
              checked={ring === choice}
              onChange={() => choose(choice)}
              data-testid={`ring-${choice}`}
            />
            <span>{t(`phones.choice.${choice}`)}</span>
          </label>
        ))}
      </fieldset>
      {devices.length === 0 ? null : (
        <ul className="devices">
          {devices.map((device) => (
            <Device key={device.id} device={device} />
          ))}
        </ul>
      )}
      {isReached(phones) ? null : (
        <p className="remark" role="status" data-testid="phones-unreached">
          {t(ring === 'all' ? 'phones.none' : `phones.unreached.${ring}`)}
        </p>
      )}
    </section>
  );
}

function Device({ device }: { readonly device: DeskDevice }) {
  const { t } = useTranslation();
  const { kind, name, userAgent, reachable } = device;
  return (
    <li data-testid="device" data-kind={kind} data-state={reachable ? 'reachable' : 'unreachable'} title={userAgent}>
      <span className={`status ${reachable ? 'status-good' : 'status-bad'}`}>
        <span className="status-dot" aria-hidden="true" />
        <span>{name ?? t('phones.softphone')}</span>{' '}
        <span className="quiet">{t(reachable ? 'phones.reachable' : 'phones.unreachable')}</span>
      </span>
    </li>
  );
}
