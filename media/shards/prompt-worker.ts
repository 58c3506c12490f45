/** The thread that reads and encodes prompts, so that a long file never holds up a packet. */
import { parentPort } from 'node:worker_threads';
import { encodePromptFile } from './prompt-file.ts';
import type { PromptAsked, PromptMade } from './prompts.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the start of a worker thread');
port.on('message', ({ request, path, codec }: PromptAsked) => {
  const made = encodePromptFile(path, codec);
  const answer: PromptMade = made.ok
    ? { request, bytes: made.value, reason: undefined }
    : { request, bytes: undefined, reason: made.error };
  port.postMessage(answer);
});
