import type { Catalogue } from './text.ts';

/** Words of `jackfield call conference`. */
export const conferenceTexts = {
  describe: {
    en: 'a talk of more than two: who is in it, and who joins or leaves',
    zh: '多方通话：查看、加入或移出成员',
  },
  list: { en: 'who was added to the talk', zh: '列出已加入的成员' },
  add: { en: 'ring somebody who joins the talk as soon as they answer', zh: '呼叫一方，接听后加入通话' },
  to: { en: 'agent:ID or a number', zh: 'agent:坐席，或号码' },
  merge: { en: 'take the one who is consulted into the talk', zh: '将咨询对象加入通话' },
  drop: { en: 'send a member away', zh: '移出成员' },
  mute: { en: 'make a member silent', zh: '将成员静音' },
  unmute: { en: 'let a member be heard again', zh: '取消成员静音' },
  gain: { en: 'make a member louder or softer for the others', zh: '调整其他人听到的成员音量' },
  db: { en: 'decibels, from -30 to 12', zh: '分贝，-30 到 12' },
  member: {
    en: 'id of the member, or whom they are: bob, +862112345678',
    zh: '成员编号，或其身份：bob、+862112345678',
  },
  'asked-of': { en: 'Asked of the call {id}: {what}.', zh: '已对通话 {id} 执行：{what}。' },
  adding: { en: '{to} is being added to the call {id}.', zh: '正在将 {to} 加入通话 {id}。' },
  nobody: { en: 'Nobody was added to this talk.', zh: '该通话没有加入其他成员。' },
  'no-such-member': { en: '"{member}" is not in this conference.', zh: '“{member}”不在该会议中。' },
  'title-member': { en: 'MEMBER', zh: '成员' },
  'title-id': { en: 'ID', zh: '编号' },
  'title-by': { en: 'ADDED BY', zh: '加入者' },
  'title-muted': { en: 'MUTED', zh: '静音' },
  'title-gain': { en: 'GAIN', zh: '增益' },
} as const satisfies Catalogue;
