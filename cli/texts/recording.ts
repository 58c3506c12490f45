import type { Catalogue } from './text.ts';

/** Words of `jackfield call recording` and `call record`. */
export const recordingTexts = {
  recording: {
    en: 'the recording of a call: what is known of it, its sound, its seal',
    zh: '通话录音：查看信息、导出声音、校验封存',
  },
  record: {
    en: 'begin, pause, resume, mask or unmask the recording of a talk',
    zh: '开始、暂停、恢复、屏蔽或取消屏蔽通话录音',
  },
  id: { en: 'id of the call, its beginning or end, or `last`', zh: '通话编号、其开头或结尾，或 `last`' },
  order: { en: 'start, pause, resume, mask or unmask', zh: 'start、pause、resume、mask 或 unmask' },
  out: {
    en: 'write it to this file: .wav or .ogg the sound, .webm or .mkv sound and pictures',
    zh: '写入此文件：.wav 或 .ogg 为声音，.webm 或 .mkv 为声音和画面',
  },
  format: {
    en: 'wav, ogg or film (default: by the name of the file, else as it is kept)',
    zh: 'wav、ogg 或 film（影片；默认按文件名，否则按保存格式）',
  },
  channels: {
    en: 'of a conference: two (the caller, and all that the caller heard; default) or all (everybody on a channel of their own)',
    zh: '会议录音：two（来电方，及其听到的全部声音；默认）或 all（每人单独一个声道）',
  },
  verify: {
    en: 'check every second against its seal, and the whole against the ledger',
    zh: '逐秒校验封存，并与台账核对',
  },
  hold: { en: 'put it under legal hold (on) or release it (off)', zh: '设置（on）或解除（off）法律保全' },
  remove: { en: 'remove it for good', zh: '永久删除录音' },
  'listen-at': { en: 'Listen to it at {url}', zh: '收听：{url}' },
  'bad-format': { en: '--format {given}: expected wav, ogg or film', zh: '--format {given}：应为 wav、ogg 或 film' },
  'bad-channels': { en: '--channels {given}: expected two or all', zh: '--channels {given}：应为 two 或 all' },
  'bad-hold': { en: '--hold {given}: expected on or off', zh: '--hold {given}：应为 on 或 off' },
  'bad-order': {
    en: '{given}: expected start, pause, resume, mask or unmask',
    zh: '{given}：应为 start、pause、resume、mask 或 unmask',
  },
  asked: { en: 'Asked for: {order}.', zh: '已请求：{order}。' },
  written: { en: '{file}: {bytes} bytes', zh: '{file}：{bytes} 字节' },
  held: { en: 'The recording is under legal hold.', zh: '录音已设为法律保全。' },
  released: { en: 'The recording is released from legal hold.', zh: '录音已解除法律保全。' },
  removed: { en: 'The recording is removed.', zh: '录音已删除。' },
  whole: {
    en: 'Whole: {seconds} s, every record in its place, the hash as in the ledger.',
    zh: '完整：{seconds} 秒，各记录均在原位，哈希与台账一致。',
  },
  'not-whole': { en: 'NOT whole: {damages}', zh: '不完整：{damages}' },
  'no-match': { en: 'NOT the file of the ledger: its hash is {hash}.', zh: '与台账不符：文件哈希为 {hash}。' },
  'no-end': { en: 'it was never finished', zh: '录音未正常结束' },
  'title-state': { en: 'state', zh: '状态' },
  'title-length': { en: 'length', zh: '时长' },
  'title-bytes': { en: 'bytes', zh: '字节' },
  'title-content': { en: 'kept as', zh: '保存格式' },
  'title-pictures': { en: 'pictures', zh: '画面' },
  caller: { en: 'caller', zh: '来电方' },
  agent: { en: 'agent', zh: '坐席' },
  'title-channels': { en: 'channels', zh: '声道' },
  'title-held': { en: 'legal hold', zh: '法律保全' },
  'title-until': { en: 'kept until', zh: '保存至' },
  'title-hash': { en: 'SHA-256', zh: 'SHA-256' },
  yes: { en: 'yes', zh: '是' },
  no: { en: 'no', zh: '否' },
} as const satisfies Catalogue;
