/**
 * Loaded into the engine that is measured. On SIGUSR2 it collects garbage and says what is left; on SIGALRM it begins a
 * CPU profile, on the next one it writes it to the file that JACKFIELD_BENCH_PROFILE names.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ heap: heapUsed, resident: rss })}\n`);
});

let session: Session | undefined;

async function toggle(): Promise<void> {
  if (session === undefined) {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    return;
  }
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  writeFileSync(process.env['JACKFIELD_BENCH_PROFILE'] ?? 'profile.cpuprofile', JSON.stringify(profile));
  process.stderr.write('{"profile":"written"}\n');
}

process.on('SIGALRM', () => void toggle());
