import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Joined } from '../join.ts';
import type { Line } from '../phone/machine.ts';
import type { AppModel } from '../session/app-model.ts';
import { shell } from '../shell.ts';
import { who } from './who.ts';

/** While it rings: the tone, a flashing title, a notification where allowed, and the shell's tray. Silent otherwise. */
export function useAttention(model: AppModel, joined: Joined, line: Line): void {
  const { t } = useTranslation();
  const ringing = joined.type === 'ringing' && !(line.type === 'ringing' && line.declined);
  const title = t('app.ringingTitle');
  const caller = ringing ? who(joined, line, t('call.unknownCaller')) : '';

  useEffect(() => {
    if (!ringing) return undefined;
    model.ringTone.start();
    return () => model.ringTone.stop();
  }, [model, ringing]);

  useEffect(() => {
    if (!ringing) return undefined;
    const quiet = document.title;
    let loud = false;
    const flash = (): void => {
      loud = !loud;
      document.title = loud ? `● ${title}` : quiet;
    };
    flash();
    const timer = setInterval(flash, 900);
    return () => {
      clearInterval(timer);
      document.title = quiet;
    };
  }, [ringing, title]);

  useEffect(() => {
    if (!ringing) return undefined;
    shell()?.setRinging({ who: caller });
    const notification = notify(title, caller);
    return () => {
      notification?.close();
      shell()?.setRinging(null);
    };
  }, [ringing, title, caller]);

  useEffect(
    () => shell()?.onAnswerPressed(() => document.querySelector<HTMLButtonElement>('[data-testid="answer"]')?.click()),
    [],
  );
}

/** Only while the page is not looked at; it shows the ring itself otherwise. */
function notify(title: string, body: string): Notification | undefined {
  if (!('Notification' in window) || Notification.permission !== 'granted' || document.visibilityState === 'visible')
    return undefined;
  return new Notification(title, { body, tag: 'jackfield-ring', requireInteraction: true });
}
