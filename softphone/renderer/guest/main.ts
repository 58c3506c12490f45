import { systemClock } from '../../../base/clock.ts';
import { Mailbox } from '../../../base/mailbox.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { WebRoute } from '../../../protocol/web-call.ts';
import { consoleLogger } from '../console-logger.ts';
import { Camera, cameraProblem, pictureConstraints } from '../phone/camera.ts';
import { GuestCall } from './guest-call.ts';
import { type GuestEffect, type GuestEvent, guestTransition, initialGuest } from './machine.ts';
import { guestProblem } from './problems.ts';
import { CallServer } from './server.ts';
import { type Tongue, tongueOf } from './texts.ts';
import { GuestView } from './view.ts';

const tongueKey = 'jackfield.guest.language';

/** Builds the page for callers and runs its machine. */
function start(root: HTMLElement, audio: HTMLAudioElement): void {
  const clock = systemClock;
  const server = new CallServer(window.location.origin);
  const saved = window.localStorage.getItem(tongueKey);
  let tongue: Tongue = saved === 'en' || saved === 'zh-CN' ? saved : tongueOf(navigator.languages);
  let state = initialGuest;
  let call: GuestCall | undefined;
  const camera = new Camera({
    open: () => navigator.mediaDevices.getUserMedia(pictureConstraints),
    show: (track) => call?.show(track),
    // Without a camera the call goes on: what is wrong is said beside it.
    failed: (cause) => view.complain(guestProblem(cameraProblem(cause))),
  });
  const box = new Mailbox<GuestEvent>((event) => {
    const step = guestTransition(state, event);
    ({ state } = step);
    if (state.type !== 'talking') view.see(undefined);
    if (state.type === 'ready') void camera.turn(false);
    camera.setPaused(state.type === 'talking' && state.picturesPaused);
    view.render(state);
    if (event.type === 'routes-known') view.choose(asked());
    view.tick(state, clock.now());
    for (const effect of step.effects) perform(effect);
  });
  const view = new GuestView(
    root,
    (event) => box.post(event),
    () => tongue,
    () => {
      tongue = tongue === 'en' ? 'zh-CN' : 'en';
      window.localStorage.setItem(tongueKey, tongue);
      view.render(state);
    },
    () => void camera.turn(camera.state.get().type === 'off'),
  );
  camera.state.subscribe(() => view.camera(camera.state.get()));

  function perform(effect: GuestEffect): void {
    switch (effect.type) {
      case 'load':
        void server
          .routes()
          .then((routes) =>
            box.post(
              routes.ok
                ? { type: 'routes-known', routes: routes.value, ...missingIn(routes.value) }
                : { type: 'routes-failed', problem: routes.error },
            ),
          );
        return;
      case 'call':
        call = begin(effect.attempt);
        void call.start(effect.wanted);
        if (effect.wanted.video) void camera.turn(true);
        return;
      case 'end':
        return call?.end();
      case 'set-muted':
        return call?.setMuted(effect.muted);
      case 'send-key':
        return call?.sendKey(effect.key);
    }
  }

  function begin(attempt: number): GuestCall {
    return new GuestCall(server, consoleLogger, {
      established: () => box.post({ type: 'established', attempt, at: clock.now() }),
      media: (media) => box.post({ type: 'media-changed', attempt, media }),
      heard: (stream) => {
        audio.srcObject = stream;
        // The caller has just pressed a button, so the browser lets the page be heard.
        audio.play().catch((err: unknown) => consoleLogger.warn({ err }, 'the browser plays no sound'));
      },
      seen: (stream) => view.see(stream),
      paused: (paused) => box.post({ type: 'pictures-told', attempt, paused }),
      failed: (problem) => box.post({ type: 'failed', attempt, problem }),
      ended: () => box.post({ type: 'ended', attempt }),
    });
  }

  // Whoever closes the page hangs up.
  window.addEventListener('pagehide', () => box.post({ type: 'hang-up-asked' }));
  setInterval(() => view.tick(state, clock.now()), 1000);
  box.post({ type: 'load-asked' });
}

/** Why what the address names cannot be called, where it is not offered. */
function missingIn(routes: readonly WebRoute[]): { readonly missing?: Problem } {
  const route = asked();
  if (route === undefined || routes.some(({ id }) => id === route)) return {};
  return { missing: guestProblem('web-no-route', { route }) };
}

/** The route the address of the page names. */
function asked(): string | undefined {
  return new URLSearchParams(window.location.search).get('to') ?? undefined;
}

const root = document.getElementById('page');
const audio = document.getElementById('remote-audio');
if (root !== null && audio instanceof HTMLAudioElement) start(root, audio);
