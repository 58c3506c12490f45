/** Every message the checker can give, in both languages. `{name}` stands for a fact; a hint may be missing. */
/** `error` keeps the old plan in force; `warning` does not. */
export type Severity = 'error' | 'warning';

interface Text {
  readonly en: string;
  readonly zh: string;
}
interface Finding {
  readonly severity: Severity;
  readonly message: Text;
  readonly hint?: Text;
}

const error = (en: string, zh: string, hint?: Text): Finding => finding('error', en, zh, hint);
const warning = (en: string, zh: string, hint?: Text): Finding => finding('warning', en, zh, hint);
function finding(severity: Severity, en: string, zh: string, hint: Text | undefined): Finding {
  return { severity, message: { en, zh }, ...(hint === undefined ? {} : { hint }) };
}

/** By code. Codes are stable: people search for them and CI jobs match them. */
export const findings = {
  unreadable: error('the file cannot be read: {reason}', '无法读取文件：{reason}', {
    en: 'check that it exists and that Jackfield may read it',
    zh: '请确认文件存在且可读',
  }),
  'yaml-syntax': error('this is not valid YAML: {reason}', 'YAML 语法错误：{reason}', {
    en: 'check the indentation (spaces, never tabs), the colons and the quotes here and in the line above',
    zh: '请检查此行及上一行的缩进（只能用空格）、冒号和引号',
  }),
  'unknown-key': error('"{key}" is not known here', '此处不认识“{key}”', {
    en: 'known here: {known}',
    zh: '此处可用：{known}',
  }),
  'missing-key': error('"{key}" is missing', '缺少“{key}”', { en: 'add `{key}:` here', zh: '请在此处添加 `{key}:`' }),
  'wrong-value': error('expected {expected}, found {found}', '应为{expected}，实际为 {found}'),
  'wrong-step': error('a step of no known kind', '无法识别的步骤类型', {
    en: 'a step has one of: {known}',
    zh: '步骤须包含其中之一：{known}',
  }),
  'duplicate-id': error('"{id}" is already defined in {other}', '“{id}”已在 {other} 中定义', {
    en: 'give one of them another name',
    zh: '请改用其他名称',
  }),
  'missing-site': error('no file has a `site:` section', '没有文件包含 `site:` 部分', {
    en: 'add a file site.yaml with the languages, the country code and the time zone of the site',
    zh: '请添加 site.yaml，写明站点语言、国家代码和时区',
  }),
  'no-routes': error('no file has a route, so no call could be taken', '没有任何路由，无法接听来电', {
    en: 'add a `routes:` section with at least one number',
    zh: '请添加 `routes:` 部分并至少写一个号码',
  }),
  'unknown-step': error('there is no step "{id}" in this route', '此路由中没有步骤“{id}”'),
  'unknown-queue': error('there is no queue "{id}"', '没有队列“{id}”'),
  'unknown-skill': error('there is no skill "{id}"', '没有技能“{id}”'),
  'unknown-hours': error('there are no opening hours "{id}"', '没有营业时间“{id}”'),
  'unknown-trunk': error('there is no trunk "{id}"', '没有中继“{id}”'),
  'unknown-country': error('there is no country "{id}"', '没有国家代码“{id}”', {
    en: 'use two letters of ISO 3166, such as CN or US',
    zh: '请使用 ISO 3166 两位字母代码，例如 CN 或 US',
  }),
  'bad-address': error('"{address}" is neither an address nor a CIDR block', '“{address}”不是地址或 CIDR 网段', {
    en: 'write 192.0.2.7, 192.0.2.0/24, 2001:db8::/32, loopback, this-machine or local-network',
    zh: '可写为 192.0.2.7、192.0.2.0/24、2001:db8::/32、loopback、this-machine 或 local-network',
  }),
  'same-address': error('"{address}" is the trunk "{other}" already', '“{address}”已属于中继“{other}”', {
    en: 'nobody could tell whose a call is: take it out of one of them',
    zh: '无法判断来电属于哪条中继：请从其中之一删除',
  }),
  'trunk-incomplete': error(
    'the trunk "{id}" has no `{key}:`, which {why} needs',
    '中继“{id}”缺少 {why} 所需的 `{key}:`',
  ),
  'trunk-in-only': error('the trunk "{id}" takes no outgoing calls', '中继“{id}”不接受呼出', {
    en: 'say `calls: both` or `calls: out` there, or name another trunk here',
    zh: '请在该中继写 `calls: both` 或 `calls: out`，或在此改用其他中继',
  }),
  'default-not-allowed': error(
    '"{number}" is not among the numbers that may be shown',
    '“{number}”不在允许显示的号码之列',
    {
      en: 'add it to `allowed:`',
      zh: '请将其加入 `allowed:`',
    },
  ),
  'unknown-zone': error('there is no time zone "{id}"', '没有时区“{id}”', {
    en: 'use an IANA name, such as Asia/Shanghai',
    zh: '请使用 IANA 名称，例如 Asia/Shanghai',
  }),
  'unknown-prompt': error(
    'there is no prompt "{id}": no {path} (or .txt) in any language',
    '没有提示音“{id}”：任何语言下都没有 {path}（或 .txt）',
  ),
  'unknown-music': error('there is no music "{id}": {path} is missing', '没有等待音乐“{id}”：缺少 {path}'),
  'missing-language': error(
    'the prompt "{id}" is missing in {language}: no {path}',
    '提示音“{id}”缺少 {language} 版本：没有 {path}',
    {
      en: 'record it as 16-bit WAV, or write what is to be spoken into a .txt file of that name',
      zh: '请录制 16 位 WAV，或把要播报的文字写入同名 .txt 文件',
    },
  ),
  'bad-audio': error('{path} cannot be played: {reason}', '无法播放 {path}：{reason}', {
    en: 'convert it: sox IN.wav -r 16000 -b 16 OUT.wav',
    zh: '请转换：sox IN.wav -r 16000 -b 16 OUT.wav',
  }),
  'bad-text': error('{path} cannot be spoken: {reason}', '无法播报 {path}：{reason}'),
  'bad-number': error('"{number}" cannot be a called number: {reason}', '“{number}”不能作为被叫号码：{reason}', {
    en: 'write "+8653100000", "1000", "+8653100000-99", "_9." or "_NXXNXXXXXX"',
    zh: '可写为 "+8653100000"、"1000"、"+8653100000-99"、"_9." 或 "_NXXNXXXXXX"',
  }),
  'bad-period': error('the period {period} is not one', '时间段 {period} 无效', {
    en: 'write from-to, such as 09:00-18:00, up to 24:00',
    zh: '请写为 起-止，例如 09:00-18:00，最晚 24:00',
  }),
  'bad-date': error('the date {date} does not exist', '日期 {date} 不存在'),
  'unknown-language': error('{language} is not a language of this site', '{language} 不是本站点的语言', {
    en: 'add it to `site: languages:` or use another',
    zh: '请加入 `site: languages:` 或改用其他语言',
  }),
  'overlapping-numbers': error(
    '"{number}" and "{other}" of route "{route}" meet the same calls',
    '“{number}”与路由“{route}”的“{other}”匹配相同的来电',
    {
      en: 'make one of them more particular or take it out',
      zh: '请使其中之一更具体，或将其删除',
    },
  ),
  'unreachable-step': warning('no call can reach the step "{id}"', '没有呼叫能到达步骤“{id}”', {
    en: 'lead to it from another step, or delete it',
    zh: '请从其他步骤指向它，或将其删除',
  }),
  'endless-loop': error('calls would go round for ever without waiting: {path}', '呼叫会无等待地无限循环：{path}', {
    en: 'put a menu, a queue or a hangup into the loop',
    zh: '请在循环中加入菜单、队列或挂断',
  }),
  'unused-queue': warning('no route leads to the queue "{id}"', '没有路由通向队列“{id}”'),
  'nobody-qualified': warning(
    'no agent of the queue "{id}" has what is asked for here',
    '队列“{id}”中没有符合要求的坐席',
    {
      en: 'add the queue and the skills to an agent in agents.yaml',
      zh: '请在 agents.yaml 中为坐席添加该队列和技能',
    },
  ),
  'example-failed': error(
    'the example "{name}" went otherwise: expected {expected}, but {found}',
    '示例“{name}”不符：应为 {expected}，实际 {found}',
  ),
  'example-stuck': error(
    'the example "{name}" cannot "{action}" at step "{step}": {found}',
    '示例“{name}”无法在步骤“{step}”执行“{action}”：{found}',
  ),
} as const satisfies Record<string, Finding>;
export type FindingCode = keyof typeof findings;

/** What a value should have been, where a schema says so. */
export const expectations = {
  name: { en: 'a name of letters, digits, "-" and "_"', zh: '由字母、数字、“-”和“_”组成的名称' },
  duration: {
    en: 'a time with its unit, such as 500ms, 5s, 2m or 1m30s',
    zh: '带单位的时间，例如 500ms、5s、2m 或 1m30s',
  },
  key: { en: 'one key: 0-9, "*" or "#"', zh: '一个按键：0-9、"*" 或 "#"' },
  destination: {
    en: 'a number or a SIP address, such as sip:desk@example.com',
    zh: '号码或 SIP 地址，例如 sip:desk@example.com',
  },
  period: { en: 'a period such as 09:00-18:00', zh: '时间段，例如 09:00-18:00' },
  date: {
    en: 'a date such as 2026-10-01, or 2026-10-01..2026-10-07',
    zh: '日期，例如 2026-10-01 或 2026-10-01..2026-10-07',
  },
  'country-code': { en: 'a country code in quotes, such as "86"', zh: '带引号的国家代码，例如 "86"' },
  action: {
    en: '"press 1", "stay silent", "hear it out", "queue timeout", "queue closed", "transfer ends" or "transfer fails"',
    zh: '"press 1"、"stay silent"、"hear it out"、"queue timeout"、"queue closed"、"transfer ends" 或 "transfer fails"',
  },
  secret: {
    en: 'no password in clear: `stored` (then run `./jackfield trunk password NAME`) or `${env:VARIABLE}`',
    zh: '不得写明文密码：请写 `stored`（然后运行 `./jackfield trunk password NAME`）或 `${env:VARIABLE}`',
  },
  target: {
    en: 'a SIP address without a user, such as "sip:sbc.example.com:5060;transport=tcp"',
    zh: '不含用户名的 SIP 地址，例如 "sip:sbc.example.com:5060;transport=tcp"',
  },
  prefix: {
    en: 'the beginning of a number in quotes, such as "+86" or "0"',
    zh: '带引号的号码前缀，例如 "+86" 或 "0"',
  },
  country: { en: 'a country of two letters, such as CN', zh: '两位字母的国家代码，例如 CN' },
  'codecs-once': { en: 'each codec once', zh: '每种编解码器只写一次' },
  'number-text': { en: 'a number in quotes, such as "+8653188880000"', zh: '带引号的号码，例如 "+8653188880000"' },
  recorder: {
    en: 'the SIP address of a recorder, such as sip:recorder@192.0.2.7',
    zh: '录音服务器的 SIP 地址，例如 sip:recorder@192.0.2.7',
  },
  'record-when': {
    en: 'always, never, on-demand, or a share of the calls such as 25%',
    zh: 'always、never、on-demand，或抽录比例，例如 25%',
  },
  domain: { en: 'a domain or an address', zh: '域名或地址' },
  'destination-rule': {
    en: 'a prefix ("+86"), a country (CN) or a kind: mobile, fixed, toll-free, premium, shared-cost, short, any',
    zh: '前缀（"+86"）、国家（CN）或类型：mobile、fixed、toll-free、premium、shared-cost、short、any',
  },
  datetime: {
    en: 'a moment with its offset, such as 2026-11-23T10:00:00+08:00',
    zh: '带时区偏移的时间，例如 2026-11-23T10:00:00+08:00',
  },
  digits: { en: 'digits in quotes', zh: '带引号的数字' },
  string: { en: 'a text', zh: '文本' },
  number: { en: 'a number', zh: '数字' },
  int: { en: 'a whole number', zh: '整数' },
  boolean: { en: 'true or false', zh: 'true 或 false' },
  array: { en: 'a list', zh: '列表' },
  object: { en: 'a mapping (`name: value` lines)', zh: '映射（`名称: 值`）' },
  record: { en: 'a mapping (`name: value` lines)', zh: '映射（`名称: 值`）' },
} as const satisfies Record<string, Text>;
export type ExpectationKey = keyof typeof expectations;
