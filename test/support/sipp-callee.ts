/** sipp as the party that is called, doing what a script of steps says. Debian: sip-tester. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScriptItem } from '../../cli/caller/index.ts';
import { freePort, portOpen, type Program, startProgram } from './programs.ts';
import { scriptToPcap } from './rtp-pcap.ts';

/** What the callee does next. It begins with an INVITE that has come. */
export type CalleeStep =
  /** An answer to the INVITE; `branch` names the To tag (another branch of a fork), `sdp` whether it carries one. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly reason?: string;
      readonly sdp?: boolean;
      readonly branch?: string;
      /** False: without its own Contact, for a redirection. */
      readonly contact?: boolean;
      /** More header lines. */
      readonly headers?: readonly string[];
    }
  | { readonly type: 'wait'; readonly ms: number }
  /** Plays the sound of `says`, and waits until it is over. */
  | { readonly type: 'play' }
  | { readonly type: 'expect'; readonly request: 'ACK' | 'BYE' | 'PRACK' }
  /** CANCEL: answered, and the INVITE with 487. */
  | { readonly type: 'cancelled' }
  /** Another INVITE of the same call id is not awaited; this one hangs up. */
  | { readonly type: 'bye' };

export interface CalleeOptions {
  readonly port: number;
  readonly steps: readonly CalleeStep[];
  readonly says?: readonly ScriptItem[];
  readonly calls?: number;
}

/** The headers of an answer to the INVITE, whatever came after it. */
const dialog = (branch: string): string => `
      Via:[$via]
      From:[$from]
      To:[$to];tag=[pid]${branch}[call_number]
      Call-ID: [call_id]`;

const sdp = `
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=sipp 1 1 IN IP4 127.0.0.1
      s=-
      c=IN IP4 127.0.0.1
      t=0 0
      m=audio [media_port] RTP/AVP 0 101
      a=rtpmap:0 PCMU/8000
      a=rtpmap:101 telephone-event/8000
`;

const message = (lines: string): string => `<send><![CDATA[

      ${lines.trim()}

    ]]></send>`;

const answer = (status: string, headers: string, body = '\n      Content-Length: 0'): string =>
  message(`SIP/2.0 ${status}${headers}${body}`);

function stepXml(step: CalleeStep, playMs: number, branch: string): string {
  switch (step.type) {
    case 'answer': {
      const { status, reason = 'Answer', headers = [] } = step;
      const own = step.contact === false ? [] : ['Contact: <sip:callee@127.0.0.1:[local_port]>'];
      const more = [`CSeq: [$cseq] INVITE`, ...own, ...headers];
      const all = `${dialog(step.branch ?? branch)}${more.map((line) => `\n      ${line}`).join('')}`;
      const sent =
        step.sdp === true
          ? answer(`${String(status)} ${reason}`, all, sdp)
          : answer(`${String(status)} ${reason}`, all);
      return status < 300 ? sent : `${sent}<recv request="ACK"/>`;
    }
    case 'wait':
      return `<pause milliseconds="${String(step.ms)}"/>`;
    case 'play':
      return `<nop><action><exec play_pcap_audio="says.pcap"/></action></nop><pause milliseconds="${String(playMs)}"/>`;
    case 'expect':
      return step.request === 'ACK'
        ? '<recv request="ACK"/>'
        : `<recv request="${step.request}"/>${answer('200 OK', `${withoutTag}\n      [last_CSeq:]`)}`;
    case 'cancelled':
      return `<recv request="CANCEL"/>
        ${answer('200 OK', `${withoutTag}\n      [last_CSeq:]`)}
        ${answer('487 Request Terminated', `${dialog(branch)}\n      CSeq: [$cseq] INVITE`)}
        <recv request="ACK"/>`;
    case 'bye':
      return `<send retrans="200"><![CDATA[

      BYE [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      Max-Forwards: 70
      From:[$to];tag=[pid]${branch}[call_number]
      To:[$from]
      [last_Call-ID:]
      CSeq: 1 BYE
      Content-Length: 0

    ]]></send><recv response="200"/>`;
  }
}

const withoutTag = `
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]`;

/** The scenario of these steps. */
export function calleeScenario(steps: readonly CalleeStep[], playMs: number): string {
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="callee">
  <Global variables="unused"/>
  <recv request="INVITE" rrs="true"><action>
    <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
    <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
    <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
    <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
  </action></recv>
  ${steps.map((step) => stepXml(step, playMs, 'a')).join('\n  ')}
  <Reference variables="cseq,via,from,to,unused"/>
</scenario>
`;
}

/** What sipp says of a busy machine is no complaint of ours. */
function withoutLoad(errors: string): string {
  const lines = errors.split('\n').filter((line) => line !== '' && !line.includes('Overload warning'));
  return lines.every((line) => line.startsWith('The following events occurred')) ? '' : lines.join('\n');
}

/** A callee that runs. */
export class SippCallee {
  readonly #program: Program;
  readonly #folder: string;

  constructor(program: Program, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /** Resolves when its calls are over: what it complained of, and every message. */
  async finished(): Promise<{ readonly complaints: string; readonly messages: string }> {
    await this.#program.exited;
    const read = (name: string): Promise<string> => readFile(join(this.#folder, name), 'utf8').catch(() => '');
    return { complaints: withoutLoad(await read('errors.log')), messages: await read('messages.log') };
  }

  async messages(): Promise<string> {
    return readFile(join(this.#folder, 'messages.log'), 'utf8').catch(() => '');
  }

  /** Ends it; its files go. */
  async close(): Promise<void> {
    await this.#program.stop('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a callee on 127.0.0.1 and returns when it listens. Without `says` it echoes what it hears. */
export async function startSippCallee({ port, steps, says, calls = 1 }: CalleeOptions): Promise<SippCallee> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-callee-'));
  const sound = says === undefined ? undefined : scriptToPcap(says, 101);
  if (sound !== undefined) await writeFile(join(folder, 'says.pcap'), sound.pcap);
  await writeFile(join(folder, 'scenario.xml'), calleeScenario(steps, sound?.ms ?? 0));
  const program = startProgram(
    'sipp',
    [
      ...[
        '-sf',
        'scenario.xml',
        '-i',
        '127.0.0.1',
        '-p',
        String(port),
        '-mi',
        '127.0.0.1',
        '-mp',
        String(await freePort()),
      ],
      ...(sound === undefined ? ['-rtp_echo'] : []),
      ...['-m', String(calls), '-timeout', '60', '-nostdin', '-trace_msg', '-message_file', 'messages.log'],
      ...['-trace_err', '-error_file', 'errors.log'],
    ],
    folder,
  );
  await portOpen('udp', port);
  return new SippCallee(program, folder);
}
