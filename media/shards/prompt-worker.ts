/** The thread that reads, speaks and encodes prompts, so that a long file never holds up a packet. */
import { parentPort, workerData } from 'node:worker_threads';
import { warmUpOpus } from '../audio/opus.ts';
import { siteVoice, systemVoices } from '../speech/index.ts';
import { encodePrompt, type PromptMaking } from './prompt-file.ts';
import { PromptStore } from './prompt-store.ts';
import type { PromptAsked, PromptMade, PromptOptions } from './prompts.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the start of a worker thread');

// The main thread gives exactly this.
const { directory, speechProgram } = workerData as PromptOptions;
const making: PromptMaking = {
  speech: speechProgram === undefined ? systemVoices : siteVoice(speechProgram),
  store: directory === undefined ? undefined : new PromptStore(directory),
};

async function answer({ request, path, codec }: PromptAsked): Promise<PromptMade> {
  if (codec === 'opus') await warmUpOpus();
  const made = await encodePrompt(path, codec, making);
  return made.ok ? { request, ...made.value } : { request, bytes: undefined, reason: made.error };
}

port.on('message', (asked: PromptAsked) => {
  answer(asked).then(
    (made) => port.postMessage(made),
    // Opus could not be loaded: no prompt is worth the thread.
    () => port.postMessage({ request: asked.request, bytes: undefined, reason: 'Opus cannot be loaded' }),
  );
});
