/**
 * Takes the pictures of the README: a whole site, a real call with speech, the agent page in Chromium at 1280x800, once in
 * English and once in Chinese. `node test/support/pictures.ts [FOLDER]`, the folder docs/images unless given.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../cli/caller/index.ts';
import { openAgentPage } from './agent-page.ts';
import { launchChromium } from './browser/chromium.ts';
import { startSite, type TestSite } from './site.ts';
import { synthesise } from './speech.ts';

interface Picture {
  readonly file: string;
  readonly locale: string;
  readonly caller: string;
  readonly from: string;
}

const pictures: readonly Picture[] = [
  { file: 'agent-page-en.png', locale: 'en-US', caller: 'Li Lei', from: '+8613812345678' },
  { file: 'agent-page-zh.png', locale: 'zh-CN', caller: '韩梅梅', from: '+8613912345678' },
];

/** The agent's voice as a microphone: a greeting, and then a silence longer than the call. */
async function agentMicrophone(file: string): Promise<string> {
  const { samples, rate } = await synthesise('thank you for calling. how can I help you?', {
    voice: 'awb',
    language: 'en-US',
  });
  const microphone = new Int16Array(90 * rate);
  microphone.set(samples, rate);
  writeFileSync(file, writeWav(microphone, rate));
  return file;
}

/** One call from ringing to hang-up; the picture is taken when what the caller said is on the page and a rule has fired. */
async function take(site: TestSite, folder: string, scratch: string, picture: Picture): Promise<void> {
  const browser = await launchChromium({ microphone: await agentMicrophone(join(scratch, 'agent.wav')) });
  try {
    const viewport = { width: 1280, height: 800 };
    const context = await browser.newContext({
      bypassCSP: true,
      ignoreHTTPSErrors: true,
      locale: picture.locale,
      viewport,
    });
    const agent = await openAgentPage(context, site);
    await agent.logIn();
    await agent.goAvailable();
    await site.api('POST', '/api/v1/contacts', { name: picture.caller, numbers: [picture.from] });
    const said = 'hello, my order has not arrived and I want a refund';
    const how = ['--from', picture.from, '--to-host', `127.0.0.1:${site.sipPort}`, '--say-after', '9000'];
    const call = site.start('call', '+8653100000', ...how, '--say', said, '--say-times', '1');
    await agent.call('ringing');
    await agent.answer();
    await call.printed(/Has spoken/);
    await agent.at('alert').first().waitFor();
    // The whole utterance, as it was heard in the end.
    await agent.page.locator('.line-caller:not(.line-partial)').first().waitFor({ timeout: 60_000 });
    await agent.page.locator('.line-partial').first().waitFor({ state: 'detached' });
    await agent.page.screenshot({ path: join(folder, picture.file) });
    await agent.at('hang-up').click();
    await call.exited;
    await agent.wrapUp();
  } finally {
    await browser.close();
  }
}

const folder = process.argv[2] ?? join(import.meta.dirname, '..', '..', 'docs', 'images');
const scratch = mkdtempSync(join(tmpdir(), 'jackfield-pictures-'));
mkdirSync(folder, { recursive: true });
const site = await startSite({ asShipped: true });
try {
  for (const picture of pictures) await take(site, folder, scratch, picture);
} catch (error) {
  console.error(await site.diagnosis());
  throw error;
} finally {
  await site.stop();
  rmSync(scratch, { recursive: true, force: true });
}
