import { Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { hotkeys } from '../ui/hotkeys.ts';
import type { Hotkey } from '../ui/hotkeys.ts';

interface HelpDialogProps {
  readonly open: boolean;
  readonly close: () => void;
  /** Keys of supervisors are shown to supervisors. */
  readonly supervises: boolean;
}

/** Every key of the page. */
export function HelpDialog({ open, close, supervises }: HelpDialogProps) {
  const { t } = useTranslation();
  const row = (key: Hotkey, text: string) => (
    <div className="help-row" key={key}>
      <dt>
        <kbd className="key">{hotkeys[key].label}</kbd>
      </dt>
      <dd>{text}</dd>
    </div>
  );
  return (
    <Modal open={open} onCancel={close} onOk={close} footer={null} title={t('help.title')} width={620} destroyOnHidden>
      <div data-testid="help">
        <p>{t('help.intro')}</p>
        <div className="help-columns">
          <section>
            <h3>{t('help.anywhere')}</h3>
            <dl>
              {row('goAvailable', t('actions.goAvailable'))}
              {row('pause', t('actions.pause'))}
              {row('signOut', t('actions.signOut'))}
              {row('dial', t('actions.call'))}
              {row('language', t('actions.language'))}
              {row('transcript', t('keys.transcript'))}
              <div className="help-row">
                <dt>
                  <kbd className="key">?</kbd>
                </dt>
                <dd>{t('keys.help')}</dd>
              </div>
            </dl>
          </section>
          <section>
            <h3>{t('help.call')}</h3>
            <dl>
              {row('answer', t('actions.answer'))}
              {row('decline', t('actions.decline'))}
              {row('mute', t('actions.mute'))}
              {row('hold', `${t('actions.hold')} / ${t('actions.resume')}`)}
              {row('keypad', t('actions.keypad'))}
              {row('record', t('keys.record'))}
              {row('transfer', t('actions.transfer'))}
              {row('swap', t('keys.swap'))}
              {row('completeTransfer', t('actions.completeTransfer'))}
              {row('merge', t('keys.merge'))}
              {supervises ? (
                <>
                  {row('listen', t('actions.listen'))}
                  {row('whisper', t('keys.whisper'))}
                  {row('barge', t('keys.barge'))}
                  {row('takeOver', t('actions.takeOver'))}
                </>
              ) : null}
              {row('hangUp', t('actions.hangUp'))}
              {row('acknowledge', t('actions.acknowledge'))}
              {row('disposition', t('keys.disposition'))}
            </dl>
          </section>
        </div>
      </div>
    </Modal>
  );
}
