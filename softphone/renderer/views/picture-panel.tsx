import { VideoCameraOutlined } from '@ant-design/icons';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import { watchPicture } from '../phone/moving-picture.ts';
import type { AgentSession } from '../session/agent-session.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { useStore } from '../ui/hooks.ts';

interface PicturePanelProps {
  readonly session: AgentSession;
  readonly call: DeskCall;
}

/** The caller's picture and the agent's own, where the call has pictures. The agent's camera is off until they turn it on. */
export function PicturePanel({ session, call }: PicturePanelProps) {
  const { t } = useTranslation();
  const camera = useStore(session.camera.state);
  const remote = useStore(session.phone.picture);
  const [moving, setMoving] = useState(false);
  const screen = useRef<HTMLVideoElement>(null);
  const own = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (screen.current !== null) screen.current.srcObject = remote ?? null;
    return screen.current === null ? undefined : watchPicture(screen.current, setMoving);
  }, [remote]);
  useEffect(() => {
    if (own.current !== null) own.current.srcObject = camera.type === 'on' ? camera.stream : null;
  }, [camera]);
  const paused = call.video === 'paused';
  const seen = moving && !paused;
  return (
    <section className="panel pictures" data-testid="pictures" data-state={paused ? 'paused' : seen ? 'seen' : 'none'}>
      <div className="picture-frame">
        <video
          ref={screen}
          className="picture"
          hidden={!seen}
          autoPlay
          playsInline
          muted
          data-testid="picture"
          aria-label={t('picture.caller')}
        />
        {seen ? null : (
          <p className="quiet" role="status">
            {t(paused ? 'picture.paused' : 'picture.none')}
          </p>
        )}
        <video
          ref={own}
          className="picture picture-own"
          hidden={camera.type !== 'on'}
          autoPlay
          playsInline
          muted
          data-testid="own-picture"
          aria-label={t('picture.own')}
        />
      </div>
      <ActionButton
        label={t(camera.type === 'off' ? 'picture.on' : 'picture.off')}
        testId="camera"
        icon={<VideoCameraOutlined />}
        pressed={camera.type !== 'off'}
        onPress={() => void session.camera.turn(camera.type === 'off')}
      />
    </section>
  );
}
