import type { Catalogue } from './text.ts';

/** Words of `jackfield call monitor`. */
export const monitorTexts = {
  describe: { en: 'listen to a talk on the phone of a supervisor', zh: '在班长的话机上监听通话' },
  how: {
    en: 'listen, whisper (the agent alone hears), barge (all hear), take-over or stop',
    zh: 'listen 监听、whisper 耳语（仅坐席可听）、barge 强插（双方可听）、take-over 接管，或 stop 停止',
  },
  as: { en: 'the supervisor, whose phone rings', zh: '班长，其话机将振铃' },
  'asked-of': { en: 'Asked of the call {id}: {how}.', zh: '已对通话 {id} 执行：{how}。' },
  listen: { en: 'listen', zh: '监听' },
  whisper: { en: 'whisper', zh: '耳语' },
  barge: { en: 'barge in', zh: '强插' },
  'take-over': { en: 'take over', zh: '接管' },
  stop: { en: 'stop listening', zh: '停止监听' },
} as const satisfies Catalogue;
