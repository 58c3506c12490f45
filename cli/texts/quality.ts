import type { Catalogue } from './text.ts';

/** Words of `jackfield call show ID --quality`. */
export const qualityTexts = {
  none: { en: 'No leg of this call was looked at yet.', zh: '此通话尚无质量数据。' },
  'title-leg': { en: 'LEG', zh: '分段' },
  'title-side': { en: 'SIDE', zh: '一侧' },
  'title-codec': { en: 'CODEC', zh: '编码' },
  'title-mos': { en: 'MOS', zh: 'MOS' },
  'title-worst': { en: 'WORST', zh: '最低' },
  'title-lost': { en: 'LOST %', zh: '丢包 %' },
  'title-lost-there': { en: 'LOST THERE %', zh: '对端丢包 %' },
  'title-jitter': { en: 'JITTER ms', zh: '抖动 ms' },
  'title-trip': { en: 'ROUND TRIP ms', zh: '往返 ms' },
  'title-seconds': { en: 'SECONDS', zh: '秒' },
  'title-level': { en: 'QUALITY', zh: '质量' },
  'title-cause': { en: 'CAUSE', zh: '原因' },
  'side-agent': { en: 'agent', zh: '坐席' },
  'side-outside': { en: 'outside', zh: '外线' },
  'level-good': { en: 'good', zh: '良好' },
  'level-fair': { en: 'fair', zh: '一般' },
  'level-bad': { en: 'bad', zh: '差' },
  'cause-agent-network': { en: "the agent's Wi-Fi or network", zh: '坐席的 Wi-Fi 或网络' },
  'cause-agent-computer': { en: "the agent's computer is too busy", zh: '坐席的电脑过于繁忙' },
  'cause-carrier-leg': { en: 'the carrier leg', zh: '运营商线路' },
  'cause-one-way-audio': { en: 'one-way audio', zh: '单通' },
  'cause-clock-skew': { en: 'clock skew', zh: '时钟偏差' },
  'cause-wrong-codec': { en: 'a codec that was not agreed', zh: '使用了未协商的编码' },
} as const satisfies Catalogue;
