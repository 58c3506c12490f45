import type { Catalogue } from './text.ts';

/** Words of `jackfield call list|show|hangup`. */
export const recordTexts = {
  list: { en: 'list calls, the newest first', zh: '列出通话，最新的在前' },
  show: { en: 'tell the whole story of a call', zh: '讲述一次通话的全过程' },
  hangup: { en: 'end a call in progress', zh: '结束进行中的通话' },
  id: {
    en: 'id of the call, its first or last characters, or "last"',
    zh: '通话编号、其开头或结尾的字符，或 last（最近一次）',
  },
  limit: { en: 'at most so many', zh: '最多多少条' },
  active: { en: 'only calls in progress', zh: '只列出进行中的通话' },
  agent: { en: 'only calls of this agent', zh: '只列出此坐席的通话' },
  queue: { en: 'only calls of this queue', zh: '只列出此队列的通话' },
  number: { en: 'only calls from this number', zh: '只列出此号码的来电' },
  'no-calls': { en: 'No calls.', zh: '没有通话。' },
  'no-such-call': {
    en: 'There is no call "{id}"; see `jackfield call list`.',
    zh: '没有通话“{id}”；见 jackfield call list。',
  },
  'several-calls': { en: '"{id}" may be any of these calls: {calls}', zh: '“{id}”可能是这些通话之一：{calls}' },
  'hung-up': { en: 'The call {id} is being ended.', zh: '正在结束通话 {id}。' },

  'title-id': { en: 'ID', zh: '编号' },
  'title-started': { en: 'STARTED', zh: '开始' },
  'title-from': { en: 'FROM', zh: '主叫' },
  'title-to': { en: 'TO', zh: '被叫' },
  'title-state': { en: 'STATE', zh: '状态' },
  'title-queue': { en: 'QUEUE', zh: '队列' },
  'title-agent': { en: 'AGENT', zh: '坐席' },
  'title-waited': { en: 'WAITED', zh: '等待' },
  'title-talked': { en: 'TALKED', zh: '通话' },
  'title-alerts': { en: 'ALERTS', zh: '告警' },
  'title-end': { en: 'END', zh: '结束原因' },
  'title-disposition': { en: 'DISPOSITION', zh: '小结' },
  'title-at': { en: 'AT', zh: '时刻' },
  'title-event': { en: 'EVENT', zh: '事件' },
  'title-facts': { en: 'FACTS', zh: '内容' },
  'state-active': { en: 'in progress', zh: '进行中' },
  'state-ended': { en: 'ended', zh: '已结束' },
  erased: { en: '(personal fields erased)', zh: '（个人信息已删除）' },
} as const satisfies Catalogue;
