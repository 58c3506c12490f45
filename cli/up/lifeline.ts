import { flushCompileCache } from 'node:module';

/**
 * Loaded with `--import` into every part the supervisor starts: the part ends when its supervisor does, even when that was
 * killed without a word. The supervisor holds the other end of an IPC channel; the system closes it with the process.
 */
const graceMs = 5000;
/** By then a part has loaded what it needs to run. */
const loadedMs = 3000;

// Node writes its compile cache when a process ends, which one that is killed never does.
setTimeout(() => flushCompileCache(), loadedMs).unref();

if (process.channel !== undefined) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
  });
  // Waiting for that alone must not keep a program alive.
  process.channel.unref();
}
