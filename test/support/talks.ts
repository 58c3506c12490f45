/** Callers and agents in pairs: who talks with whom, what each hears, and what the ledger says of it. */
import { placeCall, callScript, type Call, type CallReport } from '../../cli/caller/index.ts';
import type { AgentPage } from './agent-page.ts';
import { type TestSite } from './site.ts';
import { until } from './until.ts';
import { callerChirp, repeated } from './voices.ts';

/** A row of a call's story, as the API tells it. */
export interface StoryRow {
  readonly type: string;
  readonly at: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A call as the site tells it, known by its caller's number. */
export class CallStory {
  readonly number: string;
  readonly #site: TestSite;
  #callId: string | undefined;

  constructor(number: string, site: TestSite) {
    this.number = number;
    this.#site = site;
  }

  /** The call's id at the site, found by the caller's number. */
  async callId(): Promise<string> {
    this.#callId ??= await this.#find();
    return this.#callId;
  }

  async story(): Promise<readonly StoryRow[]> {
    const { body } = await this.#site.api('GET', `/api/v1/calls/${await this.callId()}`);
    return (body as { story: StoryRow[] }).story;
  }

  /** Waits for a row of this type (the `count`th) in the call's story; a server that is away is waited for too. */
  async row(type: string, count = 1): Promise<StoryRow> {
    let found: StoryRow | undefined;
    await until(async () => {
      const story = await this.story().catch(() => []);
      found = story.filter((row) => row.type === type).at(count - 1);
      return found !== undefined;
    });
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  async #find(): Promise<string> {
    let id: string | undefined;
    await until(async () => {
      const { body } = await this.#site.api('GET', '/api/v1/calls');
      const { items } = body as { items: { id: string; from?: string }[] };
      id = items.find((item) => item.from === this.number)?.id;
      return id !== undefined;
    });
    return id ?? '';
  }
}

/** A caller of these tests: presses its digits, then says its chirp for as long as the call lasts. */
export class Caller extends CallStory {
  readonly call: Call;

  constructor(number: string, call: Call, site: TestSite) {
    super(number, site);
    this.call = call;
  }

  /** RTP packets heard so far. */
  get packets(): number {
    return this.call.statistics.received.packets;
  }

  /** Resolves when this many more packets were heard: the media clock of a caller, 20 ms each. */
  async hears(more: number): Promise<void> {
    const before = this.packets;
    await until(() => this.packets >= before + more);
  }

  /** Says BYE (or CANCEL) and resolves with what was heard. */
  async hangUp(): Promise<CallReport> {
    this.call.hangUp();
    return this.call.ended;
  }
}

let callers = 0;

/** A caller's number nobody else in this test has. */
export function nextNumber(): string {
  return `+86138${String(10_000_000 + ++callers)}`;
}

/**
 * Calls the demo number from a number of its own, presses `digits` in the menu and then speaks. Without digits it says
 * nothing, so that a key pressed later goes out at once.
 */
export async function callSite(site: TestSite, digits = '1'): Promise<Caller> {
  const number = nextNumber();
  const speech = digits === '' ? undefined : repeated(callerChirp, 150);
  const script = callScript({ digits, digitsAfterMs: 500, speech, sayAfterMs: 100, sayTimes: 1, sayEveryMs: 0 });
  const to = { host: '127.0.0.1', port: site.sipPort };
  const call = await placeCall({ called: '+8653100000', to, from: number, script, record: true });
  await Promise.race([call.answered, call.ended]);
  return new Caller(number, call, site);
}

/** A caller and the agent's page it reached. */
export interface Talk {
  readonly caller: Caller;
  readonly page: AgentPage;
  /** Where in the caller's recording the talk begins, in samples. */
  readonly from: number;
}

/** The agent takes the call that rings on the page. */
export async function answerNext(page: AgentPage, waiting: readonly Caller[]): Promise<Talk> {
  const callId = await page.call('ringing');
  const ids = await Promise.all(waiting.map((each) => each.callId()));
  const caller = waiting[ids.indexOf(callId)];
  if (caller === undefined) throw new Error(`nobody waits with call ${callId}`);
  await page.answer();
  // Both ends need a moment until their jitter buffers are filled; it is counted in packets.
  await caller.hears(75);
  return { caller, page, from: Math.round(caller.call.mediaElapsedMs * 8) };
}
