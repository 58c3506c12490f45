import type { ProblemText } from './problem.ts';

/** What may be wrong with the recording of a call. */
export const recordingProblems = {
  'no-recording': {
    status: 404,
    what: { en: 'There is no recording of this call.', zh: '此通话没有录音。' },
    expected: {
      en: 'a call that was recorded and whose recording is still kept',
      zh: '已录音且录音仍在保存期内的通话',
    },
    todo: { en: 'See the story of the call: it tells what became of it.', zh: '请查看通话记录，其中有录音的去向。' },
  },
  'recording-not-now': {
    status: 409,
    what: {
      en: 'The recording cannot be changed so: it is "{state}".',
      zh: '当前录音状态为“{state}”，无法执行此操作。',
    },
    expected: {
      en: 'a call in which two people talk, and a recording to be changed',
      zh: '正在通话且录音处于可操作状态',
    },
    todo: { en: 'Look at the state of the recording at the desk.', zh: '请查看坐席界面上的录音状态。' },
  },
  'recording-held': {
    status: 409,
    what: { en: 'The recording is under legal hold.', zh: '此录音处于法律保全状态。' },
    expected: { en: 'a recording that nobody needs as evidence', zh: '无需作为证据保留的录音' },
    todo: {
      en: 'Release it first: ./jackfield call recording ID --hold off',
      zh: '请先解除保全：./jackfield call recording 通话编号 --hold off',
    },
  },
  'recording-no-key': {
    status: 503,
    what: {
      en: 'The recording is sealed under the key {key}, which this site does not have.',
      zh: '录音以密钥 {key} 加密，本站点没有该密钥。',
    },
    expected: {
      en: 'the key in the file that recording.keyFile names',
      zh: 'recording.keyFile 指定的文件中应有该密钥',
    },
    todo: { en: 'Add the key as a line of that file and start again.', zh: '请将该密钥加入此文件的一行并重新启动。' },
  },
  'recording-no-converter': {
    status: 503,
    what: { en: 'The recording cannot be converted: {reason}.', zh: '录音无法转换格式：{reason}。' },
    expected: { en: 'ffmpeg with libopus', zh: '支持 libopus 的 ffmpeg' },
    todo: {
      en: 'Install it (apt-get install ffmpeg), or ask for the recording as it is kept.',
      zh: '请安装（apt-get install ffmpeg），或按原保存格式获取录音。',
    },
  },
  'recording-no-film': {
    status: 404,
    what: { en: 'The recording of this call has no pictures to be seen.', zh: '此通话的录音没有可播放的画面。' },
    expected: {
      en: 'a recorded call with pictures, some moments after its end',
      zh: '带画面且已录制的通话，在结束片刻之后',
    },
    todo: {
      en: 'Ask for the sound. Where there were pictures, ffmpeg makes the film: see that it is installed.',
      zh: '请获取声音。如通话曾有画面，需由 ffmpeg 合成影片，请确认已安装。',
    },
  },
} as const satisfies Record<string, ProblemText>;
