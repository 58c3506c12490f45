/** The page itself: a form and a call, made once and kept, so that the keyboard's place is never lost. */
import type { Problem } from '../../../protocol/problems/index.ts';
import type { WebRoute } from '../../../protocol/web-call.ts';
import type { CameraState } from '../phone/camera.ts';
import { watchPicture } from '../phone/moving-picture.ts';
import type { GuestEvent, GuestState } from './machine.ts';
import { textsOf } from './texts.ts';
import type { Texts, Tongue } from './texts.ts';

type Post = (event: GuestEvent) => void;

interface Parts {
  readonly [attribute: string]: string;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Parts = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function button(testId: string, pressed: () => void, attributes: Parts = {}): HTMLButtonElement {
  const made = make('button', { type: 'button', 'data-testid': testId, ...attributes });
  made.addEventListener('click', pressed);
  return made;
}

const nothing = (): void => undefined;
const dialKeys = '123456789*0#';

/** Draws what the machine says, and tells it what the caller does. */
export class GuestView {
  readonly #root: HTMLElement;
  readonly #post: Post;
  readonly #tongue: () => Tongue;
  readonly #title = make('h1');
  readonly #status = make('p', { role: 'status', 'data-testid': 'guest-status' });
  readonly #problem = make('div', { role: 'alert', class: 'problem', 'data-testid': 'guest-problem', hidden: '' });
  readonly #again: HTMLButtonElement;
  readonly #language: HTMLButtonElement;
  readonly #form = make('form', { 'data-testid': 'guest-form', hidden: '' });
  readonly #whom = make('select', { id: 'whom', 'data-testid': 'guest-whom' });
  readonly #whomLabel = make('label', { for: 'whom' });
  readonly #name = make('input', { id: 'name', maxlength: '60', autocomplete: 'name', 'data-testid': 'guest-name' });
  readonly #nameLabel = make('label', { for: 'name' });
  readonly #video = make('input', { id: 'video', type: 'checkbox', 'data-testid': 'guest-video' });
  readonly #videoLabel = make('label', { for: 'video' });
  readonly #videoLine = make('p', { class: 'check' }, this.#video, this.#videoLabel);
  readonly #screen = make('video', { class: 'picture', playsinline: '', hidden: '', 'data-testid': 'guest-picture' });
  readonly #own = make('video', {
    class: 'picture own',
    playsinline: '',
    hidden: '',
    'data-testid': 'guest-own-picture',
  });
  readonly #cameraButton: HTMLButtonElement;
  readonly #callButton = make('button', { type: 'submit', class: 'go', 'data-testid': 'guest-call' });
  readonly #talk = make('section', { 'data-testid': 'guest-talk', hidden: '' });
  readonly #timer = make('p', { class: 'timer', 'data-testid': 'guest-timer' });
  readonly #mute: HTMLButtonElement;
  readonly #hangUp: HTMLButtonElement;
  readonly #keypad = make('div', { class: 'keys', role: 'group' });
  readonly #keys = make('p', { class: 'quiet', 'data-testid': 'guest-keys' });
  readonly #hint = make('p', { class: 'quiet' });
  #shown: GuestState['type'] | undefined;
  #camera: CameraState['type'] = 'off';
  #stopWatching: () => void = nothing;
  #moves = false;
  #paused = false;
  #routes: readonly WebRoute[] = [];

  constructor(root: HTMLElement, post: Post, tongue: () => Tongue, changeTongue: () => void, turnCamera: () => void) {
    this.#root = root;
    this.#post = post;
    this.#tongue = tongue;
    this.#again = button('guest-again', () => post({ type: 'load-asked' }));
    this.#language = button('guest-language', changeTongue, { class: 'plain' });
    this.#cameraButton = button('guest-camera', turnCamera, { 'aria-pressed': 'false' });
    for (const video of [this.#screen, this.#own]) {
      // The sound of the call has an element of its own.
      video.muted = true;
      video.autoplay = true;
    }
    this.#mute = button('guest-mute', () => post({ type: 'mute-asked' }), { 'aria-pressed': 'false' });
    this.#hangUp = button('guest-hang-up', () => post({ type: 'hang-up-asked' }), { class: 'stop' });
    for (const key of dialKeys) {
      const pressed = button(`guest-key-${key}`, () => post({ type: 'key-pressed', key }));
      pressed.textContent = key;
      this.#keypad.append(pressed);
    }
    this.#assemble();
    document.addEventListener('keydown', (event) => this.#keyDown(event));
  }

  /** Which entry of the list is chosen first. Where it is not offered, the caller is shown whom the button calls instead. */
  choose(route: string | undefined): void {
    if (this.#routes.some(({ id }) => id === route)) this.#whom.value = route ?? '';
    else if (route !== undefined) for (const part of [this.#whom, this.#whomLabel]) part.hidden = false;
    this.#offerVideo();
  }

  render(state: GuestState): void {
    const texts = textsOf(this.#tongue());
    this.#root.dataset['state'] = state.type;
    this.#words(texts);
    this.#again.hidden = state.type !== 'loading' || state.problem === undefined;
    const empty = state.type === 'ready' && state.routes.length === 0;
    this.#form.hidden = state.type !== 'ready' || empty;
    this.#talk.hidden = state.type !== 'calling' && state.type !== 'talking';
    if (state.type !== 'loading') this.#fillRoutes(state.routes);
    this.#status.textContent = statusText(state, texts);
    this.#showProblem(problemIn(state));
    this.#renderTalk(state, texts);
    this.#paused = state.type === 'talking' && state.picturesPaused;
    this.#showScreen();
    this.#moveFocus(state.type);
    this.#shown = state.type;
  }

  /** The picture of the other side, from now on; undefined: there is none. It is shown while it moves. */
  see(stream: MediaStream | undefined): void {
    this.#stopWatching();
    this.#screen.srcObject = stream ?? null;
    this.#moves = false;
    this.#stopWatching =
      stream === undefined
        ? nothing
        : watchPicture(this.#screen, (moves) => {
            this.#moves = moves;
            this.#showScreen();
          });
    this.#showScreen();
  }

  /** No photograph of the other side beside the words that there are no pictures. */
  #showScreen(): void {
    this.#screen.hidden = !this.#moves || this.#paused;
  }

  /** The page's own camera. */
  camera(state: CameraState): void {
    this.#camera = state.type;
    this.#own.srcObject = state.type === 'on' ? state.stream : null;
    this.#own.hidden = state.type !== 'on';
    this.#words(textsOf(this.#tongue()));
  }

  /** Something beside the call is wrong; the call goes on. */
  complain(problem: Problem): void {
    this.#showProblem(problem);
  }

  /** The length of the call, once a second. */
  tick(state: GuestState, now: number): void {
    const seconds = state.type === 'talking' ? Math.max(0, Math.floor((now - state.since) / 1000)) : 0;
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    this.#timer.textContent = state.type === 'talking' ? text : '';
  }

  #assemble(): void {
    this.#form.append(this.#whomLabel, this.#whom, this.#nameLabel, this.#name, this.#videoLine, this.#callButton);
    this.#whom.addEventListener('change', () => this.#offerVideo());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#post({
        type: 'call-asked',
        wanted: { route: this.#whom.value, name: this.#name.value, video: this.#video.checked },
      });
    });
    const actions = make('div', { class: 'actions' }, this.#mute, this.#cameraButton, this.#hangUp);
    this.#talk.append(this.#screen, this.#own, this.#timer, actions, this.#keypad, this.#keys, this.#hint);
    const head = make('header', {}, this.#title, this.#language);
    this.#root.append(head, this.#status, this.#problem, this.#again, this.#form, this.#talk);
  }

  #words(texts: Texts): void {
    document.documentElement.lang = this.#tongue();
    document.title = texts.title;
    this.#title.textContent = texts.title;
    this.#language.textContent = texts.language;
    this.#language.lang = this.#tongue() === 'en' ? 'zh-CN' : 'en';
    this.#again.textContent = texts.again;
    this.#whomLabel.textContent = texts.whom;
    this.#nameLabel.textContent = texts.name;
    this.#callButton.textContent = texts.call;
    this.#hangUp.textContent = texts.hangUp;
    this.#videoLabel.textContent = texts.withVideo;
    this.#screen.setAttribute('aria-label', texts.them);
    this.#own.setAttribute('aria-label', texts.own);
    this.#cameraButton.textContent = this.#camera === 'off' ? texts.cameraOn : texts.cameraOff;
    this.#cameraButton.setAttribute('aria-pressed', String(this.#camera !== 'off'));
    this.#keypad.setAttribute('aria-label', texts.keypad);
    this.#hint.textContent = texts.keysHint;
    for (const option of this.#whom.options) {
      const route = this.#routes.find(({ id }) => id === option.value);
      if (route !== undefined) option.textContent = this.#tongue() === 'zh-CN' ? route.name.zh : route.name.en;
    }
  }

  #fillRoutes(routes: readonly WebRoute[]): void {
    if (routes === this.#routes) return;
    this.#routes = routes;
    this.#whom.replaceChildren(...routes.map(({ id }) => make('option', { value: id })));
    this.#words(textsOf(this.#tongue()));
    // With one thing to call there is nothing to choose.
    const single = routes.length === 1;
    this.#whom.hidden = single;
    this.#whomLabel.hidden = single;
    this.#offerVideo();
  }

  /** Where nobody may be seen nothing is asked; and nobody is seen who has not asked for it. */
  #offerVideo(): void {
    const may = this.#routes.find(({ id }) => id === this.#whom.value)?.video === true;
    this.#videoLine.hidden = !may;
    if (!may) this.#video.checked = false;
  }

  #renderTalk(state: GuestState, texts: Texts): void {
    const talking = state.type === 'talking' ? state : undefined;
    for (const part of [this.#mute, this.#keypad, this.#hint]) part.hidden = talking === undefined;
    this.#cameraButton.hidden = talking?.wanted.video !== true;
    const muted = talking?.muted === true;
    this.#mute.textContent = muted ? texts.unmute : texts.mute;
    this.#mute.setAttribute('aria-pressed', String(muted));
    this.#talk.dataset['media'] = talking?.media ?? 'none';
    const keys = talking?.keys ?? '';
    this.#keys.textContent = keys === '' ? '' : `${texts.keys}: ${keys}`;
  }

  #showProblem(problem: Problem | undefined): void {
    this.#problem.hidden = problem === undefined;
    if (problem === undefined) return this.#problem.replaceChildren();
    const chinese = this.#tongue() === 'zh-CN';
    this.#problem.dataset['code'] = problem.code;
    this.#problem.replaceChildren(
      make('strong', {}, chinese ? problem.titleZh : problem.title),
      make('p', {}, chinese ? problem.detailZh : problem.detail),
    );
  }

  /** To the one button that matters next, when the one that had the focus is gone. */
  #moveFocus(type: GuestState['type']): void {
    if (type === this.#shown) return;
    if (type === 'calling') this.#hangUp.focus();
    if (type === 'ready') this.#callButton.focus();
  }

  /** Keys of the keyboard are keys of the phone while there is a call; nothing is typed in then. */
  #keyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || this.#shown !== 'talking') return;
    if (event.key === 'm' || event.key === 'M') this.#post({ type: 'mute-asked' });
    else if (/^[0-9*#]$/.test(event.key)) this.#post({ type: 'key-pressed', key: event.key });
  }
}

function problemIn(state: GuestState): Problem | undefined {
  if (state.type === 'loading') return state.problem;
  return state.type === 'ready' && state.last?.type === 'failed' ? state.last.problem : undefined;
}

function statusText(state: GuestState, texts: Texts): string {
  switch (state.type) {
    case 'loading':
      return state.problem === undefined ? texts.loading : '';
    case 'ready':
      if (state.routes.length === 0) return texts.nothing;
      if (state.last?.type !== 'over') return '';
      return state.last.by === 'own' ? texts.overOwn : texts.overPeer;
    case 'calling':
      return `${texts.calling} ${texts.allow}`;
    case 'talking': {
      const sound = {
        connecting: texts.connecting,
        up: texts.talking,
        interrupted: texts.interrupted,
        failed: texts.failed,
      };
      return [sound[state.media], state.muted ? texts.muted : '', state.picturesPaused ? texts.picturesPaused : '']
        .join(' ')
        .trim();
    }
  }
}
