// @ts-check
// What set-up says while it works: one line a step; on a terminal the line moves, elsewhere it speaks every 20 seconds.

/**
 * @typedef {object} Progress
 * @property {(text: string) => void} note a line that stays
 * @property {(text: string) => void} step begins a step
 * @property {(text: string) => void} detail what the step is doing just now
 * @property {(text?: string) => void} finished ends the step
 * @property {(held: boolean) => void} hold leaves the terminal alone while something else asks on it
 */

/**
 * @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} out
 * @param {() => number} [now]
 * @returns {Progress & { close(): void }}
 */
export function makeProgress(out, now = Date.now) {
  const moving = out.isTTY === true;
  let step = '';
  let detail = '';
  let began = 0;
  let spoke = 0;
  let held = false;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const seconds = () => `${((now() - began) / 1000).toFixed(0)} s`;
  const clear = () => moving && out.write('\r\u001b[2K');
  const draw = () => {
    if (step === '' || held) return;
    const line = `${step} ... ${seconds()}${detail === '' ? '' : `  ${detail}`}`;
    if (moving) out.write(`\r\u001b[2K${line.slice(0, (out.columns ?? 80) - 1)}`);
    else if (now() - spoke >= 20_000) {
      spoke = now();
      out.write(`${line.slice(0, 160)}\n`);
    }
  };
  return {
    note(text) {
      clear();
      out.write(`${text}\n`);
      if (moving) draw();
    },
    step(text) {
      step = text;
      detail = '';
      began = now();
      spoke = began;
      if (!moving) out.write(`${text} ...\n`);
      timer = setInterval(draw, moving ? 250 : 1000);
      draw();
    },
    hold(now) {
      if (now) clear();
      held = now;
    },
    detail(text) {
      detail = text;
    },
    finished(text = 'done') {
      clearInterval(timer);
      clear();
      if (step !== '') out.write(`${step}: ${text} (${seconds()})\n`);
      step = '';
    },
    close() {
      clearInterval(timer);
      clear();
      step = '';
    },
  };
}
