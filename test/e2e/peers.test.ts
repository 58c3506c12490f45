/** The whole site on its trunk, called by programs nobody here wrote: sipp, and sipp through kamailio; tshark judges the wire. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Kamailio, startKamailio } from '../support/kamailio.ts';
import { startSite, type TestSite, until } from '../support/site.ts';
import { type Sipp, startSippCaller, startSippScript } from '../support/sipp.ts';
import { type Capture, startCapture } from '../support/tshark.ts';

/** 1000 waits for a key; 2000 is told something and hung up on. */
const routes = `routes:
  waits:
    name: { en: Waits, zh: 等待 }
    numbers: ['1000']
    start: ask
    steps:
      ask:
        menu:
          prompts: welcome
          timeout: 60s
          keys:
            1: { label: { en: Bye, zh: 再见 }, next: bye }
          otherwise: bye
      bye:
        hangup: normal
  ends:
    name: { en: Ends, zh: 结束 }
    numbers: ['2000']
    start: say
    steps:
      say:
        play: invalid-key
        next: bye
      bye:
        hangup: normal
`;

let site: TestSite;
let kamailio: Kamailio;
let capture: Capture;

beforeAll(async () => {
  site = await startSite({ prepare: (dialplans) => writeFileSync(join(dialplans, 'routes.yaml'), routes) });
  kamailio = await startKamailio({ behind: `sip:127.0.0.1:${String(site.sipPort)}` });
  const port = String(site.sipPort);
  capture = await startCapture({ filter: `udp port ${port}`, sipPorts: [site.sipPort] });
});

afterAll(async () => {
  await capture.close();
  await kamailio.close();
  await site.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis());
});

/** What became of the call from this number, once it is over. */
async function causeOf(from: string): Promise<string | undefined> {
  let found: { readonly state: string; readonly cause?: string } | undefined;
  await until(async () => {
    const { body } = await site.api('GET', `/api/v1/calls?number=${encodeURIComponent(from)}`);
    found = (body as { items: { state: string; cause?: string }[] }).items[0];
    return found?.state === 'ended';
  });
  return found?.cause;
}

async function completes(sipp: Sipp): Promise<string> {
  try {
    const { successful, failed, complaints, messages } = await sipp.finished();
    expect({ successful, failed }, `${complaints}\n${messages}`).toEqual({ successful: 1, failed: 0 });
    return messages;
  } finally {
    await sipp.close();
  }
}

describe('a trunk behind kamailio', () => {
  it.each(['udp', 'tcp'] as const)('whose caller comes over %s and hangs up', async (transport) => {
    const from = transport === 'udp' ? '+8613800000001' : '+8613800000002';
    const sipp = await startSippCaller({ port: kamailio.port, called: '1000', from, transport, talksMs: 300 });
    const messages = await completes(sipp);
    expect(messages).toMatch(/^Record-Route: <sip:127\.0\.0\.1:\d+/m);
    expect(await causeOf(from)).toBe('caller-hangup');
  });

  it('whose caller is hung up on', async () => {
    const from = '+8613800000003';
    const sipp = await startSippCaller({ port: kamailio.port, called: '2000', from, talksMs: 'until-bye' });
    const bye = /^BYE [^]*?\r?\n\r?\n/m.exec(await completes(sipp))?.[0] ?? '';
    // From us to kamailio, and from there to the caller.
    expect(bye.match(/^Via:/gm)).toHaveLength(2);
    expect(bye).toContain(`127.0.0.1:${String(kamailio.port)}`);
    await causeOf(from);
  });
});

describe('a caller who uses everything', () => {
  it('is told of a too small interval, may require 100rel, refreshes and holds by UPDATE, resumes without an offer', async () => {
    const from = '+8613800000004';
    const keys = { called: '1000', caller: from };
    const sipp = await startSippScript({ file: 'peers/updates.xml', keys, calls: 1, remote: site.sipPort });
    await completes(sipp);
    expect(await causeOf(from)).toBe('caller-hangup');
  });
});

describe('the wire, to tshark', () => {
  it('has no malformed message of all that went by', async () => {
    const rows = await capture.rows('sip', ['sip.Method', 'sip.Status-Code', '_ws.malformed']);
    expect(rows.filter((row) => row['sip.Method'] === 'BYE').length).toBeGreaterThan(3);
    expect(rows.filter((row) => row['_ws.malformed'] !== '')).toEqual([]);
  });
});
