/** What is said becomes text on the desk, a compliance alert, ledger rows; and can be erased. The caller is baresip. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { hush, join as joinSounds } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { synthesise, toTelephoneRate } from '../support/speech.ts';
import { writeQuietMicrophone } from '../support/voices.ts';

const caller = '+8613911112222';
const name = 'Zhang Wei the Caller';
let site: TestSite;
let browser: Browser;
let alice: AgentPage;

beforeAll(async () => {
  site = await startSite({ asShipped: true });
  browser = await launchChromium({ microphone: writeQuietMicrophone(join(site.config.home, 'quiet.wav')) });
  alice = await openAgentPage(await browser.newContext(), site);
  await alice.logIn();
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

/** Every byte this site keeps: database, log, shared memory, logs. */
function everyByte(): Buffer {
  const { home } = site.config;
  const folders = ['data', 'logs', 'run'].map((folder) => join(home, folder));
  return Buffer.concat(
    folders.flatMap((folder) => readdirSync(folder).map((file) => readFileSync(join(folder, file)))),
  );
}

describe('a caller who speaks', () => {
  it('is written down, raises the alert of a rule file, and leaves nothing behind once erased', async ({
    onTestFailed,
  }) => {
    onTestFailed(async () => console.error(await site.diagnosis()));
    const speech = await synthesise('hello, my order has not arrived and i want a refund', {
      voice: 'slt',
      language: 'en-US',
    });
    const sentence = toTelephoneRate(speech);
    // Said again and again: how long the way to the agent takes is not this test's business.
    const says = joinSounds(...Array.from({ length: 12 }, () => joinSounds(hush(2), sentence)));
    await site.api('POST', '/api/v1/contacts', { name, numbers: [caller] });
    const phone = await startBaresip({ user: caller, says });
    await phone.dial(`sip:+8653100000@127.0.0.1:${site.sipPort}`);
    await phone.event('CALL_ESTABLISHED');
    await phone.press('1');
    const callId = await alice.call('ringing');
    await alice.answer();

    await alice.page.locator('[data-testid=alert][data-rule=refund-mentioned]').waitFor({ timeout: 60_000 });
    const line = alice.page.locator('[data-testid=transcript-line][data-speaker=caller][data-final=true]');
    await line
      .filter({ hasText: /refund|order|arrived/i })
      .first()
      .waitFor({ timeout: 60_000 });
    await alice.page.keyboard.press('Alt+KeyK');
    await alice.page.locator('[data-testid=alert][data-acknowledged=true]').first().waitFor();
    await phone.hangUp();
    await alice.wrapUp('refund');
    await phone.close();

    const story = (await site.api('GET', `/api/v1/calls/${callId}`)).body as {
      cause: string;
      disposition: string;
      story: { type: string; facts: { rule?: string }; personal?: { text?: string } }[];
    };
    expect(story).toMatchObject({ cause: 'caller-hangup', disposition: 'refund' });
    expect(story.story.find((row) => row.type === 'alert-raised')?.facts.rule).toBe('refund-mentioned');
    const heard = story.story.flatMap((row) => (row.type === 'transcript-heard' ? [row.personal?.text ?? ''] : []));
    expect(heard.join(' ')).toMatch(/refund|order|arrived/);
    const shown = await site.command('call', 'show', callId);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('refund-mentioned');
    expect(shown.stdout).toContain(caller);
    const listed = await site.command('call', 'list', '--json');
    expect(JSON.stringify(JSON.parse(listed.stdout))).toContain(callId);
    expect((await site.command('status')).code).toBe(0);

    expect((await site.command('ledger', 'verify')).code).toBe(0);
    const erased = await site.command('erase', caller, '--yes');
    expect(erased, erased.stderr).toMatchObject({ code: 0 });
    const bytes = everyByte();
    for (const trace of [caller, caller.slice(1), name, ...heard.filter((text) => text.length > 12)])
      expect(bytes.includes(trace), `"${trace}" is still there`).toBe(false);
    expect((await site.command('ledger', 'verify')).code).toBe(0);
    const after = (await site.api('GET', `/api/v1/calls/${callId}`)).body as { story: { erased: boolean }[] };
    expect(after.story.some((row) => row.erased)).toBe(true);
  });
});
