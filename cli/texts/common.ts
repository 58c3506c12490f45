import type { Catalogue } from './text.ts';

/** Words that every command uses. */
export const commonTexts = {
  program: {
    en: 'Jackfield, a telephony-first contact centre: run it, look into it, call it.',
    zh: 'Jackfield：以电话为先的呼叫中心：运行、查看、拨打。',
  },
  json: { en: 'print JSON instead of a table', zh: '输出 JSON 而不是表格' },
  lang: { en: 'language of the output, en or zh', zh: '输出语言，en 或 zh' },
  'wrong-choice': {
    en: '{option} must be one of {choices}, not "{value}"',
    zh: '{option} 必须是 {choices} 之一，而不是“{value}”',
  },
  'wrong-number': {
    en: '{option} must be a number from {least} to {most}, not "{value}"',
    zh: '{option} 必须是 {least} 到 {most} 之间的数字，而不是“{value}”',
  },
  'not-running': {
    en: 'Jackfield does not run here: {reason}. Start it with `npm start`.',
    zh: 'Jackfield 未在此处运行：{reason}。请用 npm start 启动。',
  },
  'no-run-file': { en: 'there is no {file}', zh: '没有 {file}' },
  'bad-run-file': { en: '{file} cannot be read ({reason})', zh: '无法读取 {file}（{reason}）' },
  'no-answer': { en: 'no answer from {url} ({reason})', zh: '{url} 无应答（{reason}）' },
  'strange-answer': {
    en: 'The server answered {path} with something this program does not understand ({reason}). Do both have the same version?',
    zh: '服务器对 {path} 的应答无法理解（{reason}）。两者版本是否一致？',
  },
  refused: { en: 'The server refused: {status} {title}', zh: '服务器拒绝：{status} {title}' },
  none: { en: 'none', zh: '无' },
  failed: { en: 'It failed: {reason}', zh: '失败：{reason}' },
} as const satisfies Catalogue;
