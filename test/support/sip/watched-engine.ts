import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EnginePorts } from '../../../server/sip-engine/index.ts';
import type { EngineHealth } from './engine-watch.ts';
import { fastTimers } from './target.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** An engine as a process of its own whose health can be asked for; its death is seen. */
export class WatchedEngine {
  readonly #child: ChildProcess;
  readonly ports: EnginePorts;
  /** How it ended, when it ended by itself. */
  ended: string | undefined;
  /** What it logged so far. */
  log = '';

  private constructor(child: ChildProcess, ports: EnginePorts) {
    this.#child = child;
    this.ports = ports;
    child.stderr?.on('data', (chunk) => (this.log += String(chunk)));
    child.once('exit', (code, signal) => {
      this.ended = `code ${code ?? '-'}, signal ${signal ?? '-'}`;
    });
  }

  /** Starts `server/sip-engine/main.ts` on free loopback ports. */
  static async start(secret: string, options: readonly string[] = []): Promise<WatchedEngine> {
    const { t1, t2, t4, d } = fastTimers;
    const listen = ['udp', 'tcp', 'ws'].flatMap((protocol) => ['--listen', `${protocol}://127.0.0.1:0`]);
    const timers = ['--t1', `${t1}`, '--t2', `${t2}`, '--t4', `${t4}`, '--timer-d', `${d}`];
    const args = [...listen, '--admin', '127.0.0.1:0', '--secret', secret, ...timers, ...options];
    const child = fork(join(root, 'server/sip-engine/main.ts'), args, {
      execArgv: ['--expose-gc', '--import', join(root, 'test/support/sip/engine-watch.ts')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let printed = '';
    for await (const chunk of child.stdout ?? []) {
      printed += String(chunk);
      if (printed.includes('\n')) break;
    }
    return new WatchedEngine(child, JSON.parse(printed) as EnginePorts);
  }

  port(protocol: string): number {
    return this.ports.listen.find((place) => place.protocol === protocol)?.port ?? 0;
  }

  async health(): Promise<EngineHealth> {
    this.#child.send('how');
    const [health] = (await once(this.#child, 'message')) as [EngineHealth];
    return health;
  }

  async stop(): Promise<void> {
    if (this.ended !== undefined) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}
