/** The embedded engine as a process of its own that can be killed and started again on the same ports. */
import { join } from 'node:path';
import type { EnginePorts } from '../../../server/sip-engine/index.ts';
import { startProgram } from '../programs.ts';
import type { Program } from '../programs.ts';
import { fastTimers } from './target.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'server', 'sip-engine', 'main.ts');

export interface EngineProgramOptions {
  readonly journal: string;
  readonly secret: string;
  readonly options?: readonly string[];
}

export class EngineProgram {
  readonly #options: EngineProgramOptions;
  #program: Program | undefined;
  #ports: EnginePorts | undefined;

  constructor(options: EngineProgramOptions) {
    this.#options = options;
  }

  get ports(): EnginePorts {
    if (this.#ports === undefined) throw new Error('the engine has not listened yet');
    return this.#ports;
  }

  get output(): string {
    return this.#program?.output() ?? '';
  }

  port(protocol: string): number {
    return this.ports.listen.find((place) => place.protocol === protocol)?.port ?? 0;
  }

  /** Starts it, from the second time on with the ports it had; resolves when it listens. */
  async start(): Promise<void> {
    const { journal, secret, options = [] } = this.#options;
    const { t1, t2, t4, d } = fastTimers;
    const before = this.#ports;
    const listen = ['udp', 'tcp', 'ws'].flatMap((protocol, index) => {
      const port = before?.listen[index]?.port ?? 0;
      return ['--listen', `${protocol}://127.0.0.1:${port}`];
    });
    const program = startProgram(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      main,
      ...listen,
      ...['--admin', `127.0.0.1:${before?.admin ?? 0}`, '--link', `127.0.0.1:${before?.link ?? 0}`],
      ...['--t1', String(t1), '--t2', String(t2), '--t4', String(t4), '--timer-d', String(d)],
      ...['--secret', secret, '--journal', journal, ...options],
    ]);
    this.#program = program;
    await program.printed(/"type":"listening".*\n/);
    const line = program
      .output()
      .split('\n')
      .find((each) => each.includes('"type":"listening"'));
    this.#ports = JSON.parse(line ?? '{}') as EnginePorts;
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#program?.stop('SIGKILL');
  }

  /** Asks it to end. */
  async stop(): Promise<void> {
    await this.#program?.stop('SIGTERM');
  }
}
