import type { Catalogue } from './text.ts';

/** Words of `jackfield call dial`. */
export const dialTexts = {
  dial: {
    en: 'let an agent call a number: their phone rings first, then the other side',
    zh: '让坐席外呼：先振坐席话机，再呼叫对方',
  },
  agent: { en: 'id of the agent', zh: '坐席编号' },
  number: { en: 'the number to call', zh: '要呼叫的号码' },
  queue: { en: 'on behalf of this queue of theirs', zh: '以坐席所属的此队列名义外呼' },
  'late-offer': { en: 'let the far side make the SDP offer', zh: '由对端提出 SDP offer' },
  wait: { en: 'wait until it is answered or has failed', zh: '等待接通或失败' },
  dialled: { en: '{agent} calls {to}: call {id}', zh: '{agent} 正在呼叫 {to}：通话 {id}' },
  answered: { en: '{to} has answered.', zh: '{to} 已接听。' },
  failed: { en: '{to} was not reached: {cause}', zh: '未能接通 {to}：{cause}' },
  'cause-busy': { en: 'busy', zh: '对方正忙' },
  'cause-no-answer': { en: 'no answer', zh: '无人接听' },
  'cause-rejected': { en: 'rejected', zh: '对方拒接' },
  'cause-wrong-number': { en: 'no such number', zh: '空号或号码不完整' },
  'cause-unreachable': { en: 'cannot be reached', zh: '无法接通' },
  'cause-unsupported-media': { en: 'no audio format in common', zh: '没有共同的语音编码' },
  'cause-redirect-refused': { en: 'diverted to where we do not follow', zh: '被转移到不允许的目标' },
  'cause-not-permitted': { en: 'not allowed by the trunk', zh: '中继不允许' },
  'cause-no-trunk': { en: 'no trunk takes it there', zh: '没有可用的中继' },
  'cause-agent-cancelled': { en: 'the agent gave up', zh: '坐席已取消' },
  'cause-agent-declined': { en: 'the agent declined', zh: '坐席已拒绝' },
  'cause-agent-no-answer': { en: 'the agent did not answer', zh: '坐席未接听' },
  'cause-agent-unreachable': { en: 'the agent’s phone was not reached', zh: '无法接通坐席话机' },
} as const satisfies Catalogue;
