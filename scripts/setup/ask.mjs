// @ts-check
import { createInterface } from 'node:readline';

/**
 * Asks on the terminal. Ctrl-C and Ctrl-D are an answer too: undefined.
 * @param {string} question
 * @param {NodeJS.ReadableStream} [input]
 * @param {NodeJS.WritableStream} [output]
 * @returns {Promise<string | undefined>}
 */
export function ask(question, input = process.stdin, output = process.stdout) {
  const reader = createInterface({ input, output });
  return new Promise((resolve) => {
    reader.once('close', () => resolve(undefined));
    reader.question(question, (answer) => {
      resolve(answer.trim());
      reader.close();
    });
  });
}
