/** What the agent reads of the quality of a call, in the built page against a fake server. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallLegQuality } from '../../protocol/quality.ts';
import { lowContrast } from '../support/contrast.ts';
import { KeyboardStage } from '../support/keyboard-stage.ts';

let stage: KeyboardStage;
beforeAll(async () => {
  stage = await KeyboardStage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const own: CallLegQuality = {
  ...{ legId: 'call-1.a1', side: 'agent', kind: 'webrtc', codec: 'PCMA', live: true, level: 'good', mos: 4.4 },
  ...{ worstMos: 4.4, lossPercent: 0, jitterMs: 2, roundTripMs: 20, seconds: 15 },
};
const callers: CallLegQuality = { ...own, legId: 'call-1.caller', side: 'outside', kind: 'sip' };
const bad: CallLegQuality = {
  ...own,
  ...{ level: 'bad', mos: 2.9, cause: 'agent-network' },
  evidence: { lossPercent: 12.5, jitterMs: 31, roundTripMs: 80 },
};

const words = {
  en: {
    good: 'Your side: good · Their side: good',
    audio: 'Your side: opus, transcoded (113 µs) · Their side: PCMA, passed on',
    cause: 'Your Wi-Fi or network',
    figures: '12.5 % lost, jitter 31 ms',
  },
  'zh-CN': {
    good: '您这一侧：良好 · 对方一侧：良好',
    audio: '您这一侧：opus，转码（113 微秒） · 对方一侧：PCMA，直通',
    cause: '您的 Wi-Fi 或网络',
    figures: '丢包 12.5 %, 抖动 31 毫秒',
  },
} as const;

describe.each(['en', 'zh-CN'] as const)('the quality of a call, in %s', (language) => {
  it('is a quiet line while it is good, and a cause with figures when it is not', async () => {
    const desk = await stage.open({ language });
    await desk.logIn();
    await desk.goAvailable();
    await desk.talk();
    expect(await desk.at('call-quality').count()).toBe(0);
    desk.fake.tell({ type: 'quality-changed', callId: 'call-1', quality: [own, callers] });
    await desk.at('call-quality').waitFor();
    expect(await desk.at('call-quality').textContent()).toBe(words[language].good);
    const worked = { ...own, codec: 'opus', sends: 'transcoded', decoded: true, costUs: 113.2 } as const;
    const passed = { ...callers, sends: 'forwarded', decoded: false, costUs: 0 } as const;
    desk.fake.tell({ type: 'quality-changed', callId: 'call-1', quality: [worked, passed] });
    await desk.at('quality-audio').waitFor();
    expect(await desk.at('quality-audio').textContent()).toBe(words[language].audio);
    desk.fake.tell({ type: 'quality-changed', callId: 'call-1', quality: [bad, callers] });
    await desk.has('quality-cause', 'cause', 'agent-network');
    const said = await desk.at('quality-cause').textContent();
    expect(said).toContain(words[language].cause);
    expect(said).toContain(words[language].figures);
    expect(await desk.page.evaluate(lowContrast)).toEqual([]);
    const folder = process.env['JACKFIELD_PICTURES'];
    if (folder !== undefined) await desk.page.screenshot({ path: `${folder}/quality-${language}.png` });
    // The call is held and taken back: what was said of its legs stays.
    desk.fake.tellCall({ state: 'held' });
    await desk.card('held');
    expect(await desk.at('quality-cause').count()).toBe(1);
    desk.fake.tell({ type: 'quality-changed', callId: 'call-1', quality: [own, callers] });
    await desk.at('quality-cause').waitFor({ state: 'detached' });
  });
});
