/** The thread that reads and encodes prompts, so that a long file never holds up a packet. */
import { parentPort } from 'node:worker_threads';
import { warmUpOpus } from '../audio/opus.ts';
import { encodePromptFile } from './prompt-file.ts';
import type { PromptAsked, PromptMade } from './prompts.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the start of a worker thread');

async function answer({ request, path, codec }: PromptAsked): Promise<PromptMade> {
  if (codec === 'opus') await warmUpOpus();
  const made = encodePromptFile(path, codec);
  return made.ok
    ? { request, bytes: made.value, reason: undefined }
    : { request, bytes: undefined, reason: made.error };
}

port.on('message', (asked: PromptAsked) => {
  answer(asked).then(
    (made) => port.postMessage(made),
    // Opus could not be loaded: no prompt is worth the thread.
    () => port.postMessage({ ...asked, bytes: undefined, reason: 'Opus cannot be loaded' }),
  );
});
