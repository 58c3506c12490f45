/** What the page for callers says. Its own few words: the agent's texts would be most of the page's weight. */
export type Tongue = 'en' | 'zh-CN';

const en = {
  title: 'Call us from here',
  loading: 'One moment …',
  again: 'Try again',
  nothing: 'Nobody can be called from this page.',
  whom: 'Whom to call',
  name: 'Your name (if you like)',
  call: 'Call',
  calling: 'Calling …',
  allow: 'If the browser asks, allow it to use your microphone.',
  talking: 'You are connected.',
  connecting: 'Connecting the sound …',
  interrupted: 'The connection is interrupted. Waiting for it to come back.',
  failed: 'The sound does not get through. Try another network.',
  muted: 'Your microphone is off.',
  mute: 'Microphone off',
  unmute: 'Microphone on',
  hangUp: 'Hang up',
  keypad: 'Keys',
  keys: 'Keys pressed',
  keysHint: 'The keys of your keyboard work as well; M turns the microphone off and on.',
  overOwn: 'The call is over.',
  overPeer: 'The call was ended by the other side. Thank you for calling.',
  withVideo: 'With my camera',
  cameraOn: 'Camera on',
  cameraOff: 'Camera off',
  them: 'The picture of the other side',
  own: 'Your own picture',
  picturesPaused: 'No pictures: the network is too slow for them. The sound goes on.',
  language: '中文',
};

const zh: Readonly<Record<keyof typeof en, string>> = {
  title: '在此呼叫我们',
  loading: '请稍候……',
  again: '重试',
  nothing: '本页面没有可呼叫的对象。',
  whom: '呼叫谁',
  name: '您的姓名（可选）',
  call: '呼叫',
  calling: '正在呼叫……',
  allow: '如果浏览器询问，请允许使用麦克风。',
  talking: '已接通。',
  connecting: '正在连接声音……',
  interrupted: '连接中断，正在等待恢复。',
  failed: '声音无法传输，请更换网络。',
  muted: '您的麦克风已关闭。',
  mute: '关闭麦克风',
  unmute: '打开麦克风',
  hangUp: '挂断',
  keypad: '按键',
  keys: '已按',
  keysHint: '也可以使用键盘按键；按 M 关闭或打开麦克风。',
  overOwn: '通话已结束。',
  overPeer: '对方已结束通话。感谢您的来电。',
  withVideo: '打开摄像头',
  cameraOn: '打开摄像头',
  cameraOff: '关闭摄像头',
  them: '对方的画面',
  own: '您自己的画面',
  picturesPaused: '网络过慢，画面已暂停，声音不受影响。',
  language: 'English',
};

export type Texts = Readonly<Record<keyof typeof en, string>>;

/** The words of a language. */
export function textsOf(tongue: Tongue): Texts {
  return tongue === 'zh-CN' ? zh : en;
}

/** The language a browser asks for. */
export function tongueOf(languages: readonly string[]): Tongue {
  return languages[0]?.toLowerCase().startsWith('zh') === true ? 'zh-CN' : 'en';
}
