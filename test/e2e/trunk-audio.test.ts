/** What a trunk's file says of its audio, through the whole site: SRTP, codec and the way of keys, with a phone nobody here wrote. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toneFrame } from '../../media/audio/tone.ts';
import { hush, join as joined } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';

/** 1000 waits for a 7 and says goodbye. */
const routes = `routes:
  keys:
    name: { en: Keys, zh: 按键 }
    numbers: ['1000']
    start: ask
    steps:
      ask:
        menu:
          prompts: welcome
          timeout: 60s
          keys:
            7: { label: { en: Bye, zh: 再见 }, next: bye }
          otherwise: ask
      bye:
        hangup: normal
`;

const trunks = `trunks:
  here: { calls: in, addresses: [127.0.0.1], srtp: required, codecs: [PCMA], dtmf: in-band }
`;

interface Call {
  readonly id: string;
  readonly state: string;
  readonly cause?: string;
  readonly story?: readonly { readonly type: string; readonly facts: Readonly<Record<string, unknown>> }[];
}

describe('a trunk with required SRTP, one codec and keys as tones', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await startSite({
      prepare: (dialplans) => {
        writeFileSync(join(dialplans, 'routes.yaml'), routes);
        writeFileSync(join(dialplans, 'trunks.yaml'), trunks);
      },
    });
  });
  afterAll(() => site.stop());
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(await site.diagnosis());
  });

  const calls = async (): Promise<readonly Call[]> =>
    ((await site.api('GET', '/api/v1/calls')).body as { items: Call[] }).items;

  it('takes a call with a key, and the key that is pressed as a tone', async () => {
    const tone = Int16Array.from(Array.from({ length: 8 }, (_, at) => [...toneFrame('7', at)]).flat());
    const phone = await startBaresip({ srtp: true, says: joined(hush(1), tone) });
    try {
      await phone.dial(`sip:1000@127.0.0.1:${String(site.sipPort)}`);
      await phone.event('CALL_ESTABLISHED');
      await phone.event('CALL_CLOSED');
      await until(async () => (await calls())[0]?.state === 'ended');
      const [call] = await calls();
      const whole = (await site.api('GET', `/api/v1/calls/${call?.id ?? ''}`)).body as Call;
      expect(whole.cause).toBe('plan-hangup');
      expect(whole.story?.find(({ type }) => type === 'menu-chosen')?.facts).toMatchObject({ digit: '7' });
      // Of all the codecs it offered: the one of the trunk, encrypted.
      expect(phone.log).toMatch(/PCMA/);
    } finally {
      await phone.close();
    }
  });

  it('refuses a call in clear, and nobody answers it', async () => {
    const before = (await calls()).length;
    const phone = await startBaresip({ says: hush(1) });
    try {
      await phone.dial(`sip:1000@127.0.0.1:${String(site.sipPort)}`);
      const closed = await phone.event('CALL_CLOSED');
      expect(`${closed.param ?? ''} ${phone.log}`).toContain('488');
      expect(phone.events.some(({ type }) => type === 'CALL_ESTABLISHED')).toBe(false);
      await until(async () => (await calls()).length > before && (await calls())[0]?.state === 'ended');
      expect((await calls())[0]).toMatchObject({ cause: 'unsupported-media' });
    } finally {
      await phone.close();
    }
  });
});
