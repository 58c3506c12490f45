import type { Catalogue } from './text.ts';

/** Words of `jackfield call`. */
export const callTexts = {
  describe: {
    en: 'place a demo call: a real SIP call with real audio; or list, show and hang up calls',
    zh: '拨打演示电话：真实的 SIP 呼叫和语音；或列出、查看、挂断通话',
  },
  called: { en: 'the number to call, such as +8653100000, or a SIP URI', zh: '被叫号码，例如 +8653100000，或 SIP URI' },
  say: { en: 'say this text (English and Chinese)', zh: '说出这段文字（中文或英文）' },
  play: { en: 'play this WAV file (PCM16)', zh: '播放此 WAV 文件（PCM16）' },
  digits: {
    en: 'keys to press once it is answered; w waits 0.5 s, a comma 1 s; "" for none',
    zh: '接通后按的键；w 等待 0.5 秒，逗号等待 1 秒；"" 表示不按',
  },
  'digits-after': { en: 'press the keys so many ms after the answer', zh: '接通多少毫秒后按键' },
  'say-after': { en: 'begin to speak so many ms after the keys', zh: '按键后多少毫秒开始说话' },
  'say-times': { en: 'say it so many times (speech 3, a file 1)', zh: '说多少遍（文字 3 遍，文件 1 遍）' },
  'say-every': { en: 'ms from one start to the next', zh: '两遍开始之间的毫秒数' },
  record: { en: 'write what the caller hears to this WAV file', zh: '把主叫听到的声音写入此 WAV 文件' },
  from: { en: 'the calling number', zh: '主叫号码' },
  'to-host': { en: 'where the call is sent, host:port', zh: '呼叫发往的 host:port' },
  transport: { en: 'udp or tcp', zh: 'udp 或 tcp' },
  codec: { en: 'pcmu or pcma; both are offered otherwise', zh: 'pcmu 或 pcma；默认两者都提供' },
  duration: { en: 'hang up so many seconds after the answer', zh: '接通多少秒后挂断' },
  language: { en: 'language of text without letters: en or zh', zh: '没有字母的文字用哪种语言：en 或 zh' },

  'bad-called': {
    en: '"{called}" is neither a number nor a SIP URI. Expected something like +8653100000, 1001 or sip:1001@host.',
    zh: '“{called}”既不是号码也不是 SIP URI。应类似 +8653100000、1001 或 sip:1001@host。',
  },
  'bad-number': { en: '--from "{number}" is not a number', zh: '--from “{number}”不是号码' },
  'bad-digits': {
    en: '--digits "{digits}" may hold only 0-9 * # A-D, w and comma',
    zh: '--digits “{digits}”只能包含 0-9 * # A-D、w 和逗号',
  },
  'bad-host': { en: '--to-host "{host}" is not host:port', zh: '--to-host “{host}”不是 host:port' },
  'say-or-play': { en: '--say and --play exclude each other', zh: '--say 与 --play 不能同时使用' },
  'empty-say': { en: '--say needs a text', zh: '--say 需要文字' },
  'no-file': { en: '{file} cannot be read: {reason}', zh: '无法读取 {file}：{reason}' },
  'no-write': { en: '{file} cannot be written: {reason}', zh: '无法写入 {file}：{reason}' },
  'not-wav': { en: '{file} is not a WAV file', zh: '{file} 不是 WAV 文件' },
  'not-pcm16': {
    en: '{file} is a WAV file, but not 16-bit PCM. Convert it: sox {file} -b 16 -e signed-integer out.wav',
    zh: '{file} 是 WAV 文件，但不是 16 位 PCM。可转换：sox {file} -b 16 -e signed-integer out.wav',
  },
  empty: { en: '{file} holds no sound', zh: '{file} 没有声音' },
  'no-speech': {
    en: '{programs} is not installed, so the caller says the canned sentence "{text}". Install it: apt-get install {programs}',
    zh: '未安装 {programs}，主叫改说内置英文句“{text}”。安装：apt-get install {programs}',
  },
  'speech-failed': { en: 'The text cannot be spoken: {reason}', zh: '无法合成语音：{reason}' },

  dialling: {
    en: 'Calling {called} at {host} by {transport} ... (Ctrl-C hangs up)',
    zh: '正在通过 {transport} 呼叫 {host} 的 {called} ……（Ctrl-C 挂断）',
  },
  trying: { en: 'The far side has it ({status} {reason})', zh: '对方已收到（{status} {reason}）' },
  ringing: { en: 'Ringing ({status})', zh: '振铃中（{status}）' },
  progress: { en: 'In progress ({status} {reason})', zh: '接续中（{status} {reason}）' },
  answered: { en: 'Answered by {by}, {codec}', zh: '{by} 已应答，编码 {codec}' },
  'first-audio': { en: 'The first sound came in', zh: '开始听到声音' },
  'digit-event': { en: 'Pressed {digit}', zh: '已按 {digit}' },
  'digit-tone': {
    en: 'Pressed {digit} as a tone (the far side takes no telephone events)',
    zh: '已按 {digit}（带内音；对方不支持 telephone-event）',
  },
  speaking: { en: 'Speaking ({turn} of {times}): {what}', zh: '正在说话（第 {turn}/{times} 遍）：{what}' },
  spoke: { en: 'Has spoken', zh: '说完了' },
  'script-ended': {
    en: 'Nothing more to say; listening (Ctrl-C hangs up)',
    zh: '没有更多要说的；正在听（Ctrl-C 挂断）',
  },
  'digit-heard': { en: 'The far side pressed {digit}', zh: '对方按了 {digit}' },
  held: { en: 'The far side put us on hold', zh: '对方保持了通话' },
  resumed: { en: 'The far side took us back', zh: '对方恢复了通话' },
  live: {
    en: '{seconds} s   sent {sent}   received {received}   lost {lost}   jitter {jitter} ms',
    zh: '{seconds} 秒   已发 {sent}   已收 {received}   丢失 {lost}   抖动 {jitter} 毫秒',
  },
  stopping: { en: 'Hanging up ... (Ctrl-C again ends at once)', zh: '正在挂断……（再按 Ctrl-C 立即结束）' },

  'end-far-side': { en: 'The far side hung up.', zh: '对方挂断。' },
  'end-caller': { en: 'Hung up by the caller.', zh: '主叫挂断。' },
  'end-cancelled': { en: 'Cancelled before it was answered.', zh: '应答前已取消。' },
  'end-refused': { en: 'Refused: {status} {reason}. {meaning}', zh: '被拒绝：{status} {reason}。{meaning}' },
  'end-unreachable': {
    en: 'Nobody answers at {host} by {transport} ({detail}). Is Jackfield running? Start it with `npm start`.',
    zh: '{host} 的 {transport} 无人应答（{detail}）。Jackfield 在运行吗？请用 npm start 启动。',
  },
  'end-broken': { en: 'The call broke: {detail}', zh: '通话中断：{detail}' },
  summary: {
    en: 'Talked {seconds} s, sent {sent} packets, received {received}, lost {lost} ({percent} %), jitter {jitter} ms, keys pressed "{digits}".',
    zh: '通话 {seconds} 秒，发送 {sent} 包，接收 {received} 包，丢失 {lost}（{percent} %），抖动 {jitter} 毫秒，按键“{digits}”。',
  },
  recorded: {
    en: 'What the caller heard is in {file} ({seconds} s).',
    zh: '主叫听到的声音在 {file}（{seconds} 秒）。',
  },

  'refused-3xx': { en: 'It sends the caller on to {to}; call that instead.', zh: '对方转到 {to}；请改拨该地址。' },
  'refused-401': {
    en: 'It asks for a password, which this demo caller does not have. Call a number that is open to everyone, or let the trunk accept this address.',
    zh: '对方要求密码，而演示主叫没有。请拨打公开号码，或让中继接受此地址。',
  },
  'refused-403': { en: 'This caller is not let in.', zh: '此主叫不被允许。' },
  'refused-404': {
    en: 'No dialplan has this number; see `jackfield dialplan check`.',
    zh: '没有拨号方案包含此号码；见 jackfield dialplan check。',
  },
  'refused-408': { en: 'It took too long.', zh: '等待过久。' },
  'refused-480': { en: 'Nobody is there at the moment.', zh: '目前无人接听。' },
  'refused-486': { en: 'Busy.', zh: '忙。' },
  'refused-488': { en: 'It accepts none of the offered codecs.', zh: '对方不接受所提供的任何编码。' },
  'refused-503': {
    en: 'The far side is overloaded, starting or without its server; try again, and see `jackfield status`.',
    zh: '对方过载、正在启动或服务器不在；请稍后再试，并查看 jackfield status。',
  },
  'refused-5xx': { en: 'The far side has failed; its log says why.', zh: '对方出错；原因见其日志。' },
  'refused-other': { en: '', zh: '' },
} as const satisfies Catalogue;
