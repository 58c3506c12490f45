/** Has the texts of a plan spoken before anybody calls: the first caller does not wait, and what cannot be spoken is known. */
import type { Logger } from '../base/logger.ts';
import { speechOfUri } from '../base/speech-uri.ts';
import type { Plan, Prompt } from './dialplan/index.ts';
import type { Rows } from './rows.ts';

export interface SpokenPromptsOptions {
  /** Makes one prompt ready; why not, or undefined. The node being away is no reason: it is asked again when it is back. */
  readonly prepare: (file: string) => Promise<string | undefined>;
  readonly rows: Pick<Rows, 'put'>;
  readonly logger: Logger;
}

/** Every prompt of a plan, by the steps and queues that play it. */
function promptsOf({ routes, queues }: Plan): Prompt[] {
  const steps = [...routes.values()].flatMap((route) => [...route.steps.values()]);
  return [
    ...steps.flatMap((step) => (step.type === 'play' || step.type === 'menu' ? step.prompts : [])),
    ...steps.flatMap((step) => (step.type === 'menu' ? [...step.onInvalid, ...step.onTimeout] : [])),
    ...[...queues.values()].flatMap(({ announcement }) => announcement?.prompts ?? []),
  ];
}

export class SpokenPrompts {
  readonly #options: SpokenPromptsOptions;
  /** Texts by what names them to the media node, with the prompt's name. */
  #texts: ReadonlyMap<string, string> = new Map();
  #told = new Set<string>();
  #round = 0;

  constructor(options: SpokenPromptsOptions) {
    this.#options = options;
  }

  /** Another plan is in force. */
  take(plan: Plan): void {
    const sounds = promptsOf(plan).flatMap(({ name, sounds: by }) =>
      Object.values(by).flatMap((each) => each.map(({ path }) => [path, name] as const)),
    );
    this.#texts = new Map(sounds.filter(([path]) => speechOfUri(path) !== undefined));
    this.#told = new Set();
    this.restarted();
  }

  /** The media node is there (again). */
  restarted(): void {
    this.#prepare(++this.#round).catch((err: unknown) =>
      this.#options.logger.error({ err }, 'prompts could not be prepared'),
    );
  }

  /** One after the other: a voice takes a whole core. A newer round takes the place of an older one. */
  async #prepare(round: number): Promise<void> {
    const { prepare, rows, logger } = this.#options;
    for (const [file, prompt] of this.#texts) {
      const reason = await prepare(file);
      if (round !== this.#round) return;
      if (reason === undefined || this.#told.has(file)) continue;
      this.#told.add(file);
      const language = speechOfUri(file)?.language ?? '';
      logger.error({ prompt, language, reason }, 'a prompt cannot be spoken');
      rows.put({ type: 'prompt-unspeakable', facts: { prompt, language, reason } });
    }
  }
}
