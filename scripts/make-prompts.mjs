/**
 * Speaks the prompts of the demo site into dialplans/prompts: English by flite, Chinese (pinyin) by espeak-ng.
 * Run it after changing a text: `node scripts/make-prompts.mjs`. The WAV files are checked in, so nobody else needs it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { join, normalise, readWav, resample, trim, writeWav } from './audio/wav.mjs';

const rate = 8000;
const prompts = path.join(import.meta.dirname, '..', 'dialplans', 'prompts');

/** By prompt: the sentences in English, and in Chinese as text and as the pinyin that is spoken. */
const texts = {
  welcome: {
    en: [
      'Welcome to Jackfield.',
      'For support, press one.',
      'For billing, press two.',
      'To speak with an operator, press zero.',
    ],
    zh: [
      ['欢迎致电客户服务中心。', 'huan1ying2 zhi4dian4 ke4hu4 fu2wu4 zhong1xin1'],
      ['技术支持，请按一。', 'ji4shu4 zhi1chi2, qing3 an4 yi1'],
      ['账单查询，请按二。', 'zhang4dan1 cha2xun2, qing3 an4 er4'],
      ['中文服务，请按九。', 'zhong1wen2 fu2wu4, qing3 an4 jiu3'],
      ['人工服务，请按零。', 'ren2gong1 fu2wu4, qing3 an4 ling2'],
    ],
  },
  'invalid-key': {
    en: ['Sorry, that is not one of the choices.'],
    zh: [['对不起，您的输入有误。', 'dui4bu4qi3, nin2 de5 shu1ru4 you3 wu4']],
  },
  'still-there': {
    en: ['Sorry, I did not get your choice.'],
    zh: [['对不起，没有收到您的选择。', 'dui4bu4qi3, mei2you3 shou1dao4 nin2 de5 xuan3ze2']],
  },
  'please-wait': {
    en: ['Please wait. The next free agent will take your call.'],
    zh: [['正在为您转接，请稍候。', 'zheng4zai4 wei4 nin2 zhuan3jie1, qing3 shao1hou4']],
  },
  'still-waiting': {
    en: ['Thank you for waiting. Your call keeps its place in the queue.'],
    zh: [
      [
        '感谢您的耐心等候，坐席将尽快为您服务。',
        'gan3xie4 nin2 de5 nai4xin1 deng3hou4, zuo4xi2 jiang1 jin3kuai4 wei4 nin2 fu2wu4',
      ],
    ],
  },
  'all-busy': {
    en: ['All our agents are still busy. Please call again later. Goodbye.'],
    zh: [['坐席全忙，请您稍后再拨。再见。', 'zuo4xi2 quan2 mang2, qing3 nin2 shao1hou4 zai4 bo1. zai4jian4']],
  },
  'opening-hours': {
    en: [
      'Our office is closed now.',
      'We are here from Monday to Friday, nine to twelve and one to six, and on Saturday from ten to four.',
      'Goodbye.',
    ],
    zh: [
      ['现在是非工作时间。', 'xian4zai4 shi4 fei1 gong1zuo4 shi2jian1'],
      [
        '工作时间为周一至周五九点到十二点，十三点到十八点，周六十点到十六点。',
        'gong1zuo4 shi2jian1 wei2 zhou1yi1 zhi4 zhou1wu3, jiu3 dian3 dao4 shi2er4 dian3, shi2san1 dian3 dao4 shi2ba1 dian3, zhou1liu4 shi2 dian3 dao4 shi2liu4 dian3',
      ],
      ['再见。', 'zai4jian4'],
    ],
  },
  holiday: {
    en: ['We are closed for the holiday. Please call again on the next working day. Goodbye.'],
    zh: [
      [
        '节假日休息，请您在工作日来电。再见。',
        'jie2jia4ri4 xiu1xi5, qing3 nin2 zai4 gong1zuo4ri4 lai2dian4. zai4jian4',
      ],
    ],
  },
};

const scratch = mkdtempSync(path.join(tmpdir(), 'jackfield-prompts-'));
const spoken = path.join(scratch, 'spoken.wav');

function english(text) {
  execFileSync('flite', ['-voice', 'slt', '--setf', 'duration_stretch=1.08', '-t', text, '-o', spoken]);
  return readWav(spoken);
}

function chinese([, pinyin]) {
  execFileSync('espeak-ng', ['-v', 'cmn-latn-pinyin+f2', '-s', '150', '-p', '45', '-w', spoken, pinyin]);
  return readWav(spoken);
}

function make(folder, name, sentences, speak) {
  const pieces = sentences.flatMap((sentence, at) => {
    const { rate: from, samples } = speak(sentence);
    return [...(at === 0 ? [] : [0.35]), trim(resample(samples, from, rate))];
  });
  const samples = join([0.15, normalise(join(pieces, rate), rate), 0.25], rate);
  mkdirSync(path.join(prompts, folder), { recursive: true });
  writeWav(path.join(prompts, folder, `${name}.wav`), samples, rate);
  console.log(`${folder}/${name}.wav ${(samples.length / rate).toFixed(1)} s`);
}

try {
  for (const [name, { en, zh }] of Object.entries(texts)) {
    make('en-US', name, en, english);
    make('zh-CN', name, zh, chinese);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
