import { expect, test } from 'vitest';
import type { CallLegQuality } from '../../protocol/quality.ts';
import { qualityTexts } from '../texts/quality.ts';
import { speaker } from '../texts/text.ts';
import { qualityLines } from './quality.ts';

const leg: CallLegQuality = {
  ...{ legId: 'c.a1', side: 'agent', kind: 'webrtc', codec: 'opus', live: false, level: 'fair', mos: 3.4 },
  ...{ worstMos: 3.1, lossPercent: 4.2, jitterMs: 31, roundTripMs: 80, seconds: 15 },
  ...{ sends: 'transcoded', decoded: true, costUs: 113.2 },
  ...{ cause: 'agent-network', evidence: { lossPercent: 4.2 } },
};

test('a line a leg, with the cause and its evidence, in both languages', () => {
  const [head, line] = qualityLines([leg], speaker(qualityTexts, 'en'));
  expect(head?.split(/ {2,}/).slice(0, 5)).toEqual(['LEG', 'SIDE', 'CODEC', 'AUDIO', 'CPU us'].map(String));
  expect(line).toMatch(
    /^a1 +agent +opus +transcoded +113 +fair +3\.40 +3\.10 +4\.20 +.*80 +15 +- +the agent's Wi-Fi or network lossPercent=4\.2/,
  );
  const since = Date.UTC(2026, 10, 23, 1);
  const ice = { state: 'proven', remote: { address: '198.51.100.9', port: 61_000 }, nominated: true, since } as const;
  const [, withIce] = qualityLines([{ ...leg, ice }], speaker(qualityTexts, 'en'));
  expect(withIce).toMatch(/ 15 +nominated 198\.51\.100\.9:61000 2026-11-23 \S+ +the agent's/);
  expect(qualityLines([{ ...leg, ice: { state: 'checking' } }], speaker(qualityTexts, 'en'))[1]).toMatch(
    / 15 +checking +the/,
  );
  expect(qualityLines([leg], speaker(qualityTexts, 'zh'))[1]).toContain('坐席的 Wi-Fi 或网络');
  expect(qualityLines([], speaker(qualityTexts, 'en'))).toEqual(['No leg of this call was looked at yet.']);
});
