import { goAhead } from '../../base/go-ahead.ts';
import { EngineError, parseArguments, startEngine } from './index.ts';
import { jsonLogger } from './log.ts';
import { giveBack } from './protection/give-back.ts';

/** Runs the engine as a process of its own: one JSON line on stdout once it listens, logs on stderr. */
async function main(): Promise<void> {
  const log = jsonLogger((line) => process.stderr.write(line));
  await goAhead.given;
  const engine = await startEngine(parseArguments(process.argv.slice(2)), { log, giveBack: giveBack() });
  process.stdout.write(`${JSON.stringify({ type: 'listening', ...engine.ports })}\n`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void engine.close().then(() => process.exit(0));
  };
  // As other servers do when certbot or an admin has put a new certificate in place.
  process.on('SIGHUP', () => engine.reload());
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  const expected = error instanceof EngineError;
  process.stderr.write(`${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = expected && error.code === 'usage' ? 2 : 1;
});
