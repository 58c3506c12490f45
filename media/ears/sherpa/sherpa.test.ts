import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/logger.ts';
import { Scope } from '../../../base/scope.ts';
import { fakeModel, fakeSherpaPackage } from '../../../test/support/fake-sherpa.ts';
import { createEars } from '../index.ts';
import type { Heard } from '../recogniser.ts';
import { installedModel, installModel, removeModel, selfTest, sherpaVersion } from './install.ts';
import { findModel } from './model.ts';
import { SherpaRecogniser } from './recogniser.ts';

let scope = new Scope();
afterEach(async () => {
  await scope.close();
  scope = new Scope();
});

function temporary(folder: string): string {
  scope.defer('folder', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('a model folder', () => {
  it('is known by its files, the quantised ones first', () => {
    const folder = temporary(fakeModel());
    expect(findModel(folder)).toEqual({
      ok: true,
      value: {
        kind: 'transducer',
        tokens: join(folder, 'tokens.txt'),
        encoder: join(folder, 'encoder-epoch-99.int8.onnx'),
        decoder: join(folder, 'decoder-epoch-99.onnx'),
        joiner: join(folder, 'joiner-epoch-99.onnx'),
      },
    });
    rmSync(join(folder, 'joiner-epoch-99.onnx'));
    expect(findModel(folder)).toMatchObject({ value: { kind: 'paraformer' } });
    rmSync(join(folder, 'decoder-epoch-99.onnx'));
    expect(findModel(folder)).toMatchObject({ ok: false, error: expect.stringContaining('neither') as string });
    writeFileSync(join(folder, 'model.int8.onnx'), '');
    expect(findModel(folder)).toMatchObject({ value: { kind: 'zipformer2-ctc' } });
    rmSync(join(folder, 'tokens.txt'));
    expect(findModel(folder)).toMatchObject({ ok: false, error: `${folder} has no tokens.txt` });
    expect(findModel(join(folder, 'nowhere'))).toMatchObject({ ok: false });
  });
});

describe('what is said', () => {
  it('is written down, and phrases are found while it is being said', async () => {
    const [packages, model] = [temporary(fakeSherpaPackage()), temporary(fakeModel())];
    const recogniser = new SherpaRecogniser({
      ...{ language: 'zh-CN', packages, model },
      ...{ clock: systemClock, logger: silentLogger },
    });
    scope.defer('recogniser', () => recogniser.close());
    expect(
      await recogniser.setPhrases([
        { phraseId: 'refund', language: 'zh-CN', text: '退款' },
        { phraseId: 'empty', language: 'zh-CN', text: '……' },
      ]),
    ).toEqual([{ phraseId: 'empty', reason: 'no letters to listen for' }]);
    const heard: Heard[] = [];
    const final = Promise.withResolvers<undefined>();
    recogniser.heard.on((each) => {
      heard.push(each);
      if (each.type === 'final') final.resolve(undefined);
    });
    await recogniser.start();
    recogniser.begin(7, 1);
    const loud = new Int16Array(160).fill(9000);
    for (let frame = 0; frame < 150; frame++) recogniser.write(7, loud);
    recogniser.end(7);
    await final.promise;
    expect(recogniser.state).toEqual({ language: 'zh-CN', state: 'ready' });
    const spotted = heard.filter(({ type }) => type === 'spotted');
    expect(spotted).toMatchObject([{ phraseId: 'refund', text: '退款', tap: 7, utterance: 1 }]);
    expect(heard.indexOf(spotted[0] as Heard)).toBeLessThan(heard.length - 1);
    expect(heard.at(-1)).toEqual({ type: 'final', tap: 7, utterance: 1, text: '我 要 退 款 谢 谢' });
  });
});

describe('installing', () => {
  it('lets package and model hear, remembers them, and makes the ears use them', async () => {
    const cache = temporary(mkdtempSync(join(tmpdir(), 'jackfield-cache-')));
    mkdirSync(join(cache, 'sherpa-onnx'));
    renameSync(fakeSherpaPackage(), join(cache, 'sherpa-onnx', sherpaVersion));
    const folder = temporary(fakeModel());
    expect(installedModel('zh-CN', cache)).toBeUndefined();
    const packages = join(cache, 'sherpa-onnx', sherpaVersion);
    expect(await installModel({ language: 'zh-CN', folder, cache })).toEqual({
      ok: true,
      value: { packages, model: folder },
    });
    const installed = installedModel('zh-CN', cache);
    expect(installed).toEqual({ packages, model: folder });
    const ears = createEars({ program: join(cache, 'none'), chinese: installed ?? null });
    scope.defer('ears', () => ears.close());
    expect(ears.state.at(-1)).toMatchObject({ language: 'zh-CN', state: 'degraded' });
    const broken = temporary(fakeModel('broken'));
    expect(await installModel({ language: 'zh-CN', folder: broken, cache })).toMatchObject({
      ok: false,
      error: { step: 'self-test' },
    });
    expect(installedModel('zh-CN', cache)).toEqual(installed);
    expect(removeModel('zh-CN', cache)).toBe(true);
    expect(removeModel('zh-CN', cache)).toBe(false);
    expect(installedModel('zh-CN', cache)).toBeUndefined();
  });

  it('gives up on a model that never gets ready, and tells how long it has been', async () => {
    const cache = temporary(mkdtempSync(join(tmpdir(), 'jackfield-cache-')));
    mkdirSync(join(cache, 'sherpa-onnx'));
    const packages = join(cache, 'sherpa-onnx', sherpaVersion);
    renameSync(fakeSherpaPackage(), packages);
    writeFileSync(join(packages, 'node_modules', 'sherpa-onnx-node', 'index.js'), 'for (;;);');
    const told: number[] = [];
    const installed = await installModel({
      ...{ language: 'zh-CN', folder: temporary(fakeModel()), cache, limits: { 'self-test': 300, tell: 100 } },
      progress: (_step, seconds) => told.push(seconds),
    });
    expect(installed).toEqual({
      ok: false,
      error: { step: 'self-test', reason: 'it had not ended after 0.3 s' },
    });
    expect(told.length).toBeGreaterThan(1);
  });

  it('says what is missing', async () => {
    const cache = temporary(mkdtempSync(join(tmpdir(), 'jackfield-cache-')));
    expect(await installModel({ language: 'zh-CN', folder: cache, cache })).toEqual({
      ok: false,
      error: { step: 'model', reason: `${cache} has no tokens.txt` },
    });
    expect(await selfTest(cache, temporary(fakeModel()))).toContain('sherpa-onnx-node');
    expect(createEars({ program: join(cache, 'none'), chinese: null }).state.at(-1)).toEqual({
      language: 'zh-CN',
      state: 'absent',
      hint: './jackfield ears install zh FOLDER',
    });
  });
});
