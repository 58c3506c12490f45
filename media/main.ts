/** The media node as a program. Standard output is for the one line that says it is up; the log goes to standard error. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { goAhead } from '../base/go-ahead.ts';
import { LateEars } from './ears/late.ts';
import { readKeys } from './recording/index.ts';
import { parseArguments, startMediaNode, usage, type MediaArguments } from './index.ts';

function fatal(line: string, code: number): never {
  process.stderr.write(`${line}\n`);
  process.exit(code);
}

function secretOf(file: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
  } catch {
    return fatal(`media node: the secret file ${file} cannot be read`, 1);
  }
  return fatal(`media node: the secret file ${file} is empty`, 1);
}

/** The text of the key file, looked at before any call is. */
function keysOf(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return fatal(`media node: the key file ${file} cannot be read`, 1);
  }
  const keys = readKeys(text);
  return keys.ok ? text : fatal(`media node: the key file ${file}: ${keys.error}`, 1);
}

/** One line for what goes wrong at the start. */
function reasonOf(error: unknown, { rpcHost, rpcPort, webrtcPort, bind }: MediaArguments): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `the RPC port ${rpcHost}:${rpcPort} is taken by another program`;
  if (code === 'EADDRNOTAVAIL') return `${rpcHost} is not an address of this machine`;
  const text = error instanceof Error ? error.message : String(error);
  if (/port bind failed|address already in use|EADDRINUSE/i.test(text))
    return `the WebRTC port ${bind}:${webrtcPort} is taken by another program`;
  if (/ENOENT|spawn|workerBin/i.test(text)) return `the mediasoup worker cannot be started: ${text}`;
  return text;
}

const parsed = parseArguments(process.argv.slice(2));
if (!parsed.ok) fatal(`media node: ${parsed.error}\n${usage}`, 2);
const logger = pino({ name: 'media' }, pino.destination({ dest: 2, sync: false }));
const { secretFile, ears, drainMs, transcriptions, recordingFiles, ...options } = parsed.value;
const secret = secretOf(secretFile);

const recordings =
  recordingFiles === undefined
    ? {}
    : { recordings: { directory: recordingFiles.directory, keys: keysOf(recordingFiles.keyFile) } };

const late = new LateEars(
  async () => (await import('./ears/index.ts')).createEars({ logger, writers: transcriptions }),
  (err) => logger.error({ err }, 'nothing is heard: the ears cannot be made'),
);
if (ears && goAhead.held) late.prepare();
const parts = { mayOpen: goAhead.given, ...(ears ? { ears: late } : {}) };
const node = await startMediaNode({ ...options, ...recordings, secret }, logger, parts).catch((error: unknown) =>
  fatal(`media node: ${reasonOf(error, parsed.value)}`, 1),
);
process.stdout.write(
  `${JSON.stringify({
    type: 'listening',
    rpc: `${options.rpcHost}:${node.rpcPort}`,
    rpcPort: node.rpcPort,
    webrtcPort: node.webrtcPort,
    rtpPorts: `${options.rtpPorts.first}-${options.rtpPorts.last}`,
    bootId: node.bootId,
    pid: process.pid,
  })}\n`,
);

/** Starting the recognisers holds everything up for a while. Calls that this node takes over from one that died come first, ms. */
const earsAfterMs = 500;
if (ears) setTimeout(() => void late.listen(), earsAfterMs).unref();

/** The first signal waits for the calls, the second does not. */
let asked = 0;
const stop = (): void => {
  if (asked++ === 0) return void node.drain(drainMs).then((outcome) => close(outcome));
  close('ended');
};

let closing = false;
function close(outcome: 'empty' | 'ended'): void {
  if (closing) return;
  closing = true;
  if (outcome === 'ended') logger.warn({}, 'calls were cut off by the stop of the media node');
  node.close().then(
    () => process.exit(0),
    (err: unknown) => {
      logger.error({ err }, 'the media node did not close cleanly');
      process.exit(1);
    },
  );
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
