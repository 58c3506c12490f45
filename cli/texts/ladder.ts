import type { Catalogue } from './text.ts';

/** Words of `jackfield call ladder`. */
export const ladderTexts = {
  ladder: { en: 'draw the SIP messages of a recent call', zh: '画出最近一次通话的 SIP 信令图' },
  pcap: { en: 'write them to a capture file for Wireshark instead', zh: '改为写入抓包文件，供 Wireshark 打开' },
  full: { en: 'print the messages themselves', zh: '打印完整消息' },
  unmasked: {
    en: 'with numbers and digest answers in clear; the ledger keeps that you asked',
    zh: '显示完整号码和摘要应答（该操作会记入账本）',
  },
  engine: { en: 'Jackfield', zh: 'Jackfield' },
  again: { en: '(again)', zh: '（重发）' },
  'no-messages': {
    en: 'The SIP engine remembers no messages of this call: it keeps half an hour, and none from before it was started.',
    zh: 'SIP 引擎没有该通话的消息：仅保留最近半小时，且不含引擎启动之前的消息。',
  },
  left: { en: '{left} later messages are left out.', zh: '另有 {left} 条较晚的消息未列出。' },
  written: { en: '{messages} messages written to {file}', zh: '已将 {messages} 条消息写入 {file}' },
  'not-written': { en: '{file} cannot be written: {reason}', zh: '无法写入 {file}：{reason}' },
} as const satisfies Catalogue;
