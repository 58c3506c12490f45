/** A whole site under a flood: agents at desk phones who talk, callers who behave, and what the SIP engine takes meanwhile. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlainPhone } from '../plain-phone.ts';
import { type Program, startProgram } from '../programs.ts';
import { startSite, type TestSite } from '../site.ts';
import { until } from '../until.ts';
import { DeskPhone } from './desk-phone.ts';
import { GoodCalls } from './good-calls.ts';
import { NumberedTalk } from './numbered-talk.ts';

const numbers = { answered: '+8653100001', queue: '+8653100003' };
const routes = `routes:
  flood-answered:
    numbers: ['${numbers.answered}']
    start: answer
    steps:
      answer: { answer: true, next: bye }
      bye: { hangup: normal }
  flood-queue:
    numbers: ['${numbers.queue}']
    start: support
    steps:
      support: { queue: support, otherwise: bye }
      bye: { hangup: normal }
`;
/** The demo's trunk is this whole machine; here it is one address of it, so that floods come from strangers. */
const trunks = `trunks:
  demo: { name: { en: Demo, zh: 演示 }, calls: in, addresses: ['127.0.0.1'] }
`;

function prepare(dialplans: string): void {
  writeFileSync(join(dialplans, 'flood.yaml'), routes);
  writeFileSync(join(dialplans, 'trunks.yaml'), trunks);
}

/** How large a flood is. */
export interface FloodSize {
  readonly sources: number;
  /** Messages a second, and in all. */
  readonly rate: number;
  readonly count: number;
}

/** What became of some packets. */
export interface Transits {
  readonly lost: number;
  /** How long those that came were on their way, ms. */
  readonly came: readonly number[];
}

export class FloodSite {
  readonly site: TestSite;
  readonly agents: readonly DeskPhone[];
  readonly callers: readonly PlainPhone[];
  /** Both directions of each talk. */
  readonly talks: readonly NumberedTalk[];
  readonly calls: GoodCalls;
  readonly enginePid: number;

  private constructor(
    site: TestSite,
    agents: readonly DeskPhone[],
    callers: readonly PlainPhone[],
    calls: GoodCalls,
    enginePid: number,
  ) {
    this.site = site;
    this.agents = agents;
    this.callers = callers;
    this.calls = calls;
    this.enginePid = enginePid;
    this.talks = callers.flatMap(({ rtp }, at) => {
      const agent = agents[at]?.rtp;
      return agent === undefined ? [] : [new NumberedTalk(rtp, agent), new NumberedTalk(agent, rtp)];
    });
  }

  /** A site with both agents of the demo talking. `givesUpAfter`: see GoodCalls. */
  static async open(givesUpAfter?: number): Promise<FloodSite> {
    const site = await startSite({ prepare });
    const agents: DeskPhone[] = [];
    const callers: PlainPhone[] = [];
    for (const name of ['alice', 'bob']) {
      const agent = await DeskPhone.open(site, name);
      const caller = await PlainPhone.dial(site, '', numbers.queue, true);
      await caller.row('answered');
      await Promise.all([caller, agent].map(({ rtp }) => rtp.hear(25)));
      agents.push(agent);
      callers.push(caller);
    }
    const calls = await GoodCalls.open(site.sipPort, numbers.answered, givesUpAfter);
    const opened = new FloodSite(site, agents, callers, calls, await site.pidOf('sip-engine'));
    for (const talk of opened.talks) talk.start();
    return opened;
  }

  /** Resident memory of the SIP engine, MB (proc(5), VmRSS). */
  memory(): number {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(this.enginePid)}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  }

  /** Starts a flood; its `exited` resolves when all of it was sent. */
  flood({ sources, rate, count }: FloodSize): Program {
    const args = [this.site.sipPort, sources, rate, count].map(String);
    return startProgram(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'flooder.ts'),
      ...args,
    ]);
  }

  /** Where each talk is now, to ask for the transits from here on. */
  mark(): readonly number[] {
    return this.talks.map(({ count }) => count);
  }

  /** How long packets sent since `from` were on their way, ms; waits until no more of them come. */
  async transits(from: readonly number[]): Promise<Transits> {
    const to = this.mark();
    const read = (): (number | undefined)[] => this.talks.flatMap((talk, at) => talk.transits(from[at] ?? 0, to[at]));
    // What was sent after them has come: they are not on their way any more. A gap in the numbers is a loss.
    const later = this.mark();
    await until(() => this.talks.every((talk, at) => talk.transits(later[at] ?? 0).some((each) => each !== undefined)));
    const all = read();
    const came = all.filter((each) => each !== undefined);
    return { lost: all.length - came.length, came };
  }

  async close(): Promise<void> {
    for (const talk of this.talks) talk.stop();
    await this.calls.close();
    await Promise.all([...this.callers, ...this.agents].map((each) => each.close()));
    await this.site.stop();
  }
}
