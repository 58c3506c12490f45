/**
 * Loaded with `--import` into every part the supervisor starts: the part ends when its supervisor does, even when that was
 * killed without a word. The supervisor holds the other end of an IPC channel; the system closes it with the process.
 */
const graceMs = 5000;

if (process.channel !== undefined) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
  });
  // Waiting for that alone must not keep a program alive.
  process.channel.unref();
}
