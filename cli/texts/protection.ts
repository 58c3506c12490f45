import type { Catalogue } from './text.ts';

/** Words of `jackfield sip`. */
export const protectionTexts = {
  sip: { en: 'what the SIP side holds back', zh: 'SIP 防护' },
  blocked: { en: 'list the sources that are limited or shut out now', zh: '列出当前被限制或拒绝的来源' },
  unblock: { en: 'let a source go again', zh: '解除对某个来源的限制' },
  source: {
    en: 'the source as `sip blocked` lists it, usually an address',
    zh: '来源，写法与 sip blocked 所列相同，通常是一个地址',
  },
  nobody: { en: 'Nobody is held back now.', zh: '目前没有被限制的来源。' },
  dropped: { en: 'Dropped since the start of the SIP engine: {counts}', zh: 'SIP 引擎启动以来丢弃的消息：{counts}' },
  'not-asked': { en: 'The SIP engine cannot be asked what it drops.', zh: '无法向 SIP 引擎查询丢弃情况。' },
  nothing: { en: 'nothing', zh: '无' },
  released: { en: '{source} may ask again.', zh: '已解除对 {source} 的限制。' },
  'title-source': { en: 'source', zh: '来源' },
  'title-reason': { en: 'why', zh: '原因' },
  'title-count': { en: 'count', zh: '次数' },
  'title-until': { en: 'until', zh: '至' },
  'wrong-passwords': { en: 'wrong passwords', zh: '密码错误' },
  'for-account': { en: '{reason} ({user})', zh: '{reason}（{user}）' },
  scanner: { en: 'a scanner', zh: '扫描程序' },
  'source-rate': { en: 'too many messages', zh: '消息过多' },
  'strangers-rate': { en: 'too many messages of all strangers', zh: '陌生来源的消息总量过多' },
  'trusted-rate': { en: 'too many messages of one of ours', zh: '已知来源的消息过多' },
  'source-transactions': { en: 'too many requests', zh: '请求过多' },
  'strangers-transactions': { en: 'too many requests of all strangers', zh: '陌生来源的请求总量过多' },
  'source-invites': { en: 'too many calls', zh: '呼叫过多' },
  'strangers-invites': { en: 'too many calls of all strangers', zh: '陌生来源的呼叫总量过多' },
  'source-open': { en: 'too many requests at a time', zh: '并发请求过多' },
  'strangers-open': { en: 'too many requests of all strangers at a time', zh: '陌生来源的并发请求总量过多' },
  open: { en: 'the engine is full', zh: '引擎已满载' },
} as const satisfies Catalogue;
