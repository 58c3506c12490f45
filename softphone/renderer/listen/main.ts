/** The page on which supervisors and administrators listen to a recording: `/listen?call=ID`. */
import type { Problem } from '../../../protocol/problems/index.ts';
import type { CallSummary } from '../../../protocol/rest.ts';
import { RestClient } from '../api/rest-client.ts';
import { forgetLogin, savedLogin, saveLogin } from '../api/saved-login.ts';
import { button, make } from './make.ts';
import { lanesOf } from './lanes.ts';
import { Player } from './player.ts';
import { type Recording, recordingOf } from './server.ts';
import { textsOf, tongueOf } from './texts.ts';
import type { TextName, Tongue } from './texts.ts';
import { readWav, type Wav } from './wav.ts';
import { waveformOf, type Waveform } from './waveform.ts';

/** The same that the agents' page keeps it under. */
const tongueKey = 'jackfield.language';
/** Columns of the drawing: more than most screens have for it. */
const columns = 1600;

type Shown =
  | { readonly type: 'call' }
  | { readonly type: 'login' }
  | { readonly type: 'loading' }
  | { readonly type: 'refused'; readonly problem: Problem }
  | { readonly type: 'broken' }
  | { readonly type: 'playing'; readonly recording: Recording; readonly wav: Wav; readonly waveform: Waveform };

/** Codes after which another login may help. */
const wantsLogin = ['not-signed-in', 'session-expired', 'not-allowed', 'call-of-others'];

class Page {
  readonly #main: HTMLElement;
  readonly #callId = new URLSearchParams(window.location.search).get('call') ?? '';
  #tongue: Tongue;
  #shown: Shown = { type: 'loading' };
  #player: Player | undefined;

  constructor(main: HTMLElement) {
    this.#main = main;
    const saved = window.localStorage.getItem(tongueKey);
    this.#tongue = saved === 'en' || saved === 'zh-CN' ? saved : tongueOf(navigator.languages);
  }

  start(): void {
    const login = savedLogin(window.sessionStorage, Date.now());
    if (this.#callId === '') this.#show({ type: 'call' });
    else if (login === undefined) this.#show({ type: 'login' });
    else void this.#load(login.token);
  }

  async #load(token: string): Promise<void> {
    this.#show({ type: 'loading' });
    const found = await recordingOf(this.#callId, token);
    if (!found.ok) {
      if (found.error.status === 401) forgetLogin(window.sessionStorage);
      return this.#show({ type: 'refused', problem: found.error });
    }
    const wav = readWav(found.value.wav);
    if (wav === undefined) return this.#show({ type: 'broken' });
    this.#show({ type: 'playing', recording: found.value, wav, waveform: waveformOf(wav, columns) });
  }

  async #logIn(fields: FormData): Promise<void> {
    const client = new RestClient(window.location.origin);
    const login = await client.login(textIn(fields, 'name'), textIn(fields, 'password'));
    if (!login.ok) return this.#show({ type: 'refused', problem: login.error });
    saveLogin(window.sessionStorage, login.value);
    await this.#load(login.value.token);
  }

  #show(shown: Shown): void {
    this.#shown = shown;
    const say = textsOf(this.#tongue);
    document.documentElement.lang = this.#tongue;
    document.title = say.title;
    this.#player?.close();
    this.#player = undefined;
    const language = button('language', () => this.#change(), say.language);
    language.className = 'plain';
    this.#main.replaceChildren(make('header', {}, make('h1', {}, say.title), language), ...this.#parts(say));
    this.#main.querySelector<HTMLElement>('input, canvas')?.focus();
  }

  #change(): void {
    this.#tongue = this.#tongue === 'en' ? 'zh-CN' : 'en';
    window.localStorage.setItem(tongueKey, this.#tongue);
    this.#show(this.#shown);
  }

  #parts(say: Readonly<Record<TextName, string>>): HTMLElement[] {
    const shown = this.#shown;
    switch (shown.type) {
      case 'call':
        return [form([['call', say.call, 'text', 'off']], say.open, goTo)];
      case 'login':
        return [make('p', { class: 'quiet' }, say.who), this.#loginForm(say)];
      case 'loading':
        return [make('p', { role: 'status' }, say.loading)];
      case 'broken':
        return [make('p', { role: 'alert', class: 'problem', 'data-testid': 'problem' }, say.broken)];
      case 'refused': {
        const told = problemNote(shown.problem, this.#tongue);
        const again = wantsLogin.includes(shown.problem.code) || shown.problem.code === 'wrong-credentials';
        return again ? [told, make('p', { class: 'quiet' }, say.who), this.#loginForm(say)] : [told];
      }
      case 'playing': {
        const { recording, wav, waveform } = shown;
        const { gaps, channels } = recording.timeline;
        const [lanes, file] = [lanesOf(channels, say), fileName(recording.call)];
        this.#player = new Player({ waveform, gaps, lanes, bytes: recording.wav, wav, file }, say);
        return [make('p', { 'data-testid': 'facts' }, factsOf(recording, this.#tongue)), this.#player.root];
      }
    }
  }

  #loginForm(say: Readonly<Record<TextName, string>>): HTMLFormElement {
    const fields = [
      ['name', say.name, 'text', 'username'],
      ['password', say.password, 'password', 'current-password'],
    ] as const;
    return form(fields, say.logIn, (given) => void this.#logIn(given));
  }
}

function goTo(fields: FormData): void {
  window.location.search = new URLSearchParams({ call: textIn(fields, 'call').trim() }).toString();
}

function textIn(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}

function form(
  fields: readonly (readonly [name: string, text: string, type: string, complete: string])[],
  submit: string,
  done: (fields: FormData) => void,
): HTMLFormElement {
  const labels = fields.map(([name, text, type, autocomplete]) =>
    make('label', {}, text, make('input', { name, type, autocomplete, required: '' })),
  );
  const made = make('form', {}, ...labels, make('button', { class: 'go' }, submit));
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    done(new FormData(made));
  });
  return made;
}

function problemNote({ title, titleZh, detail, detailZh }: Problem, tongue: Tongue): HTMLElement {
  const [what, more] = tongue === 'en' ? [title, detail] : [titleZh, detailZh];
  return make(
    'div',
    { role: 'alert', class: 'problem', 'data-testid': 'problem' },
    make('strong', {}, what),
    ` ${more}`,
  );
}

function factsOf({ call, timeline }: Recording, tongue: Tongue): string {
  const { from, fromName, to, toName, agent } = call;
  const when = new Intl.DateTimeFormat(tongue, { dateStyle: 'medium', timeStyle: 'short' }).format(timeline.startedAt);
  return [`${fromName ?? from} → ${toName ?? to}`, ...(agent === undefined ? [] : [agent]), when].join(' · ');
}

function fileName({ id }: CallSummary): string {
  return id.replace(/[^\w.-]/g, '_');
}

const main = document.getElementById('page');
if (main !== null) new Page(main).start();
