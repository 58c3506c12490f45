/** What the page for recordings says. */
export type Tongue = 'en' | 'zh-CN';

const en = {
  title: 'Recording',
  name: 'Name',
  password: 'Password',
  logIn: 'Log in',
  other: 'Log in as somebody else',
  who: 'Supervisors and administrators listen to recordings. Who listens to which is written down.',
  call: 'Call (its id)',
  open: 'Open',
  loading: 'One moment …',
  play: 'Play',
  pause: 'Pause',
  back: '10 s back',
  forward: '10 s forward',
  speed: 'Speed',
  caller: 'Caller',
  agent: 'What the caller heard',
  'lane-agent': 'Agent',
  'lane-outside': 'Outside',
  'lane-supervisor': 'Supervisor',
  'download-all': 'Download all channels',
  place: 'Place in the recording',
  keys: 'Space: play or pause. ← →: 5 s, with Shift 30 s. ↑ ↓: speed. Home, End: beginning and end.',
  download: 'Download',
  gaps: 'Without sound',
  'gap-paused': 'paused',
  'gap-masked': 'something secret',
  'gap-lost': 'lost',
  broken: 'This recording cannot be read.',
  unreachable: 'The server cannot be reached. Try again in a moment.',
  language: '中文',
};
export type TextName = keyof typeof en;

const zh: Readonly<Record<TextName, string>> = {
  title: '通话录音',
  name: '用户名',
  password: '密码',
  logIn: '登录',
  other: '换一个账号登录',
  who: '班长和管理员可以收听录音；谁听了哪段录音会被记录。',
  call: '通话编号',
  open: '打开',
  loading: '请稍候……',
  play: '播放',
  pause: '暂停',
  back: '后退 10 秒',
  forward: '前进 10 秒',
  speed: '速度',
  caller: '来电者',
  agent: '来电者听到的声音',
  'lane-agent': '坐席',
  'lane-outside': '外线',
  'lane-supervisor': '班长',
  'download-all': '下载全部声道',
  place: '录音位置',
  keys: '空格：播放或暂停。← →：5 秒，按住 Shift 为 30 秒。↑ ↓：速度。Home、End：开头、结尾。',
  download: '下载',
  gaps: '无声部分',
  'gap-paused': '已暂停录音',
  'gap-masked': '保密内容',
  'gap-lost': '丢失',
  broken: '无法读取此录音。',
  unreachable: '无法连接服务器，请稍后再试。',
  language: 'English',
};

/** The words of a language. */
export function textsOf(tongue: Tongue): Readonly<Record<TextName, string>> {
  return tongue === 'en' ? en : zh;
}

/** The first of somebody's languages that the page speaks. */
export function tongueOf(languages: readonly string[]): Tongue {
  const first = languages.find((each) => /^(en|zh)\b/i.test(each)) ?? 'en';
  return /^zh/i.test(first) ? 'zh-CN' : 'en';
}

/** What a stretch without sound is called: what was asked for by its name, everything else is lost. */
export function gapName(reason: string): 'gap-paused' | 'gap-masked' | 'gap-lost' {
  return reason === 'paused' || reason === 'masked' ? `gap-${reason}` : 'gap-lost';
}
