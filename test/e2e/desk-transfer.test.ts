/**
 * Attended transfer by the keys of a desk phone: it holds one party, calls the other, and hands over by REFER with Replaces
 * (RFC 5589 section 7); and INVITE with Replaces (RFC 3891). No page is open: whoever has a desk phone alone can do it too.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentSummary, deviceCredentials, type DeviceCredentials } from '../../protocol/rest.ts';
import { correlate } from '../support/audio-measure.ts';
import { DeskLines, invite, type Line, Outside } from '../support/desk-lines.ts';
import { type Linphone, startLinphone } from '../support/linphone.ts';
import { outsideTrunk } from '../support/outside-trunk.ts';
import { freePort } from '../support/programs.ts';
import { RtpPeer } from '../support/rtp-peer.ts';
import { udpPeer } from '../support/sip/raw-peer.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import type { StoryRow } from '../support/talks.ts';
import { agentChirp, callerChirp } from '../support/voices.ts';

let site: TestSite;
let outside: Outside;
let linphone: Linphone | undefined;

beforeAll(async () => {
  const at = await freePort();
  site = await startSite({
    prepare(dialplans) {
      outsideTrunk(at)(dialplans);
      // One agent for each story: nobody has to end a wrap-up.
      const more = ['carol', 'dave', 'erin'].map(
        (id) => `  ${id}: { name: ${id}, queues: [support], languages: [en-US] }\n`,
      );
      appendFileSync(join(dialplans, 'agents.yaml'), more.join(''));
    },
  });
  outside = await Outside.listen(at, site.sipPort);
});

afterAll(async () => {
  await linphone?.close();
  await outside.close();
  await site.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis(), linphone?.log ?? '');
});

/** An account for a desk phone of that agent. */
async function account(agent: string, name = 'desk'): Promise<DeviceCredentials> {
  const { stdout } = await site.command('agent', 'device', 'add', agent, '--name', name, '--json');
  return deviceCredentials.parse(JSON.parse(stdout));
}

async function available(agent: string): Promise<void> {
  const { status, body } = await site.api('POST', `/api/v1/agents/${agent}/state`, { presence: 'available' });
  expect([status, body]).toMatchObject([200, { presence: 'available' }]);
}

async function phoneOf(agent: string, name = 'desk'): Promise<DeskLines> {
  const phone = await DeskLines.register(site.sipPort, await account(agent, name));
  await available(agent);
  return phone;
}

async function summary(agent: string): Promise<AgentSummary> {
  const { items } = (await site.api('GET', '/api/v1/agents')).body as { items: AgentSummary[] };
  const found = items.find(({ id }) => id === agent);
  if (found === undefined) throw new Error(`no ${agent}`);
  return found;
}

/** The newest call, as the API tells it. */
async function newest(): Promise<{ readonly id: string; readonly story: readonly StoryRow[] }> {
  const { items } = (await site.api('GET', '/api/v1/calls?limit=1')).body as { items: { id: string }[] };
  const id = items[0]?.id ?? '';
  return { id, story: ((await site.api('GET', `/api/v1/calls/${id}`)).body as { story: StoryRow[] }).story };
}

async function row(type: string): Promise<StoryRow> {
  let found: StoryRow | undefined;
  await until(async () => (found = (await newest()).story.find((each) => each.type === type)) !== undefined);
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
}

/** Listens on until that voice is heard. Its first quarter is looked for, and not after each packet: we speak meanwhile. */
async function hears({ rtp }: Line, voice: Int16Array): Promise<void> {
  const quarter = voice.subarray(0, 2000);
  for (;;) {
    await rtp.hear(50);
    const heard = rtp.recording(Math.max(0, rtp.voice().length - 75));
    if (correlate(heard, quarter).peak > 0.8) return;
  }
}

/** Both are joined: each hears the other, and BYE of one is BYE of the other. */
async function talkAndPart(one: Line, other: Line): Promise<void> {
  one.say(callerChirp);
  other.say(agentChirp);
  await Promise.all([hears(one, agentChirp), hears(other, callerChirp)]);
  const gone = other.asked('BYE');
  expect((await one.ask('BYE')).status).toBe(200);
  await gone;
}

describe('REFER with Replaces', () => {
  it('of a phone with two lines: held, consulted, 202, NOTIFY 200, BYE on both lines, and the parties talk', async () => {
    const phone = await phoneOf('bob');
    const [first, one] = await Promise.all([phone.call('13900005001'), outside.answers()]);
    expect(first.answer.status).toBe(200);
    expect(first.answer.header('Supported')).toMatch(/\breplaces\b/);
    const hold = await first.line.ask('INVITE', { body: first.line.rtp.sdp('sendonly') });
    expect(hold.body).toMatch(/a=recvonly/);
    const [second, other] = await Promise.all([phone.call('13900005002'), outside.answers()]);
    expect(second.answer.status).toBe(200);
    // The held party hears music meanwhile, the other one the agent.
    await one.rtp.hear(25);
    second.line.say(agentChirp);
    await hears(other, agentChirp);

    const refer = `<sip:13900005002@127.0.0.1?Replaces=${encodeURIComponent(second.line.replaces)}>`;
    const told = first.line.asked('NOTIFY');
    const byes = Promise.all([first.line.asked('BYE'), second.line.asked('BYE')]);
    const referredBy = 'Referred-By: <sip:bob@jackfield.local>';
    const answer = await first.line.ask('REFER', { headers: [`Refer-To: ${refer}`, referredBy] });
    expect(answer.status).toBe(202);
    const notify = await told;
    expect(notify.header('Event')).toMatch(/^refer/);
    expect(notify.header('Subscription-State')).toMatch(/^terminated/);
    expect(notify.body).toMatch(/^SIP\/2\.0 200 /);
    await byes;
    expect((await row('call-transferred')).facts).toMatchObject({ by: 'bob', type: 'attended', outcome: 'connected' });
    await talkAndPart(one, other);
    expect(phone.peer.count(({ method }) => method === 'NOTIFY')).toBe(1);
    await phone.close();
  });

  it('is 481 for a dialog that is none of this phone, and changes nothing', async () => {
    const phone = await phoneOf('carol');
    const [{ line }, one] = await Promise.all([phone.call('13900005003'), outside.answers()]);
    for (const replaces of ['nobody;to-tag=1;from-tag=2', one.replaces]) {
      const refer = `Refer-To: <sip:13900005004@127.0.0.1?Replaces=${encodeURIComponent(replaces)}>`;
      expect((await line.ask('REFER', { headers: [refer] })).status).toBe(481);
    }
    line.say(agentChirp);
    await hears(one, agentChirp);
    await Promise.all([one.asked('BYE'), line.ask('BYE')]);
    await phone.close();
  });

  it('of linphonec: pause, call, transfer 1 --to-call 2', async () => {
    const { username: user, domain, password } = await account('alice', 'linphone');
    linphone = await startLinphone({ user, domain, password, registrar: site.sipPort, transport: 'udp' });
    await until(async () => (await summary('alice')).devices.some(({ name }) => name === 'linphone'));
    await available('alice');
    linphone.command('soundcard use files');
    linphone.command('call 13900005005');
    const one = await outside.answers();
    // Each key when the phone itself has got there: it is told later than the server.
    await linphone.printed(/Call 1 with \S+ connected/);
    linphone.command('pause');
    await linphone.printed(/Call 1 with \S+ is now paused/);
    linphone.command('call 13900005006');
    const other = await outside.answers();
    await linphone.printed(/Call 2 with \S+ connected/);
    linphone.command('transfer 1 --to-call 2');
    expect((await row('call-transferred')).facts).toMatchObject({
      by: 'alice',
      type: 'attended',
      outcome: 'connected',
    });
    await talkAndPart(one, other);
    const { stdout: ladder } = await site.command('call', 'ladder', (await newest()).id, '--full');
    expect(ladder).toMatch(/^\s*Refer-To: .*Replaces=/im);
    expect(ladder.match(/Subscription-State: terminated/gi)).toHaveLength(1);
  });
});

describe('INVITE with Replaces', () => {
  it('of another phone of the agent takes the call over: the first has its BYE, the far side hears the second', async () => {
    const phone = await phoneOf('dave');
    const [{ line }, one] = await Promise.all([phone.call('13900005007'), outside.answers()]);
    const mobile = await phoneOf('dave', 'mobile');
    const bye = line.asked('BYE');
    const taken = await mobile.call('dave', [`Replaces: ${line.replaces}`]);
    expect(taken.answer.status).toBe(200);
    await bye;
    expect((await row('leg-replaced')).facts).toMatchObject({ leg: 'other' });
    taken.line.say(agentChirp);
    one.say(callerChirp);
    await Promise.all([hears(one, agentChirp), hears(taken.line, callerChirp)]);
    // What was taken over is there no more.
    expect((await mobile.call('dave', [`Replaces: ${line.replaces}`])).answer.status).toBe(481);
    await Promise.all([one.asked('BYE'), taken.line.ask('BYE')]);
    await Promise.all([phone.close(), mobile.close()]);
  });

  it('is 481 for a dialog nobody has, 486 for a confirmed one meant early, 403 for that of somebody else', async () => {
    const [erin, stranger, trunk] = await Promise.all([phoneOf('erin'), phoneOf('carol', 'other'), udpPeer()]);
    const [{ line }, one] = await Promise.all([erin.call('13900005008'), outside.answers()]);
    const asked = async (phone: DeskLines, replaces: string): Promise<number> =>
      (await phone.call('erin', [`Replaces: ${replaces}`])).answer.status;
    expect(await asked(erin, 'nobody;to-tag=1;from-tag=2')).toBe(481);
    expect(await asked(erin, `${line.replaces.replace(/from-tag=.*/, 'from-tag=other')}`)).toBe(481);
    expect(await asked(erin, `${line.replaces};early-only`)).toBe(486);
    expect(await asked(stranger, line.replaces)).toBe(403);
    const rtp = await RtpPeer.open();
    const over = await invite(trunk, site.sipPort, '+8653100000', rtp, [`Replaces: ${line.replaces}`]);
    expect(over.answer.status, 'a caller of the trunk').toBe(403);
    // The talk goes on as if nobody had asked.
    line.say(agentChirp);
    await hears(one, agentChirp);
    await Promise.all([one.asked('BYE'), line.ask('BYE')]);
    rtp.close();
    await Promise.all([erin.close(), stranger.close(), trunk.close()]);
  });
});
