import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAllowed, shippedPackages } from './checks/licences.mjs';
import { differences, listed, neverRun } from './checks/never-run.mjs';
import { countReport } from './checks/tests.mjs';
import { environmentFor, findNode, isSuitable } from './find-node.mjs';
import { switches } from './options.mjs';
import { problemText, setupProblems } from './problems.mjs';
import { bindingRequest } from './setup/dtls-self-test.mjs';
import { prebuiltUrl } from './setup/steps/worker.mjs';
import { pathsToRemove } from './uninstall.mjs';

test.each([
  ['v18.20.8', false],
  ['v20.20.2', false],
  ['v22.17.1', false],
  ['v22.18.0', true],
  ['v23.5.0', false],
  ['v23.6.0', true],
  ['v24.0.0', true],
  ['v26.1.0', true],
])('Node %s runs TypeScript as it is: %s', (version, suitable) => {
  expect(isSuitable(version)).toBe(suitable);
});

test('a suitable Node is used as it is; an old one without a private Node is nothing', () => {
  const env = { JACKFIELD_HOME: '/nonexistent', XDG_CACHE_HOME: '/nonexistent' };
  expect(findNode(env, { version: 'v24.1.0', path: '/opt/node' })).toBe('/opt/node');
  expect(findNode(env, { version: 'v20.1.0', path: '/opt/node' })).toBeUndefined();
  expect(environmentFor('/opt/bin/node', { PATH: '/usr/bin' })['PATH']).toBe('/opt/bin:/usr/bin');
  expect(environmentFor('/opt/bin/node', { PATH: '/opt/bin:/usr/bin' })['PATH']).toBe('/opt/bin:/usr/bin');
});

test('every set-up problem says what, what was expected and what to do, in English and Chinese', () => {
  for (const [code, text] of Object.entries(setupProblems)) {
    for (const part of [text.what, text.expected, text.todo]) {
      expect(part.en, code).toMatch(/\w/);
      const ascii = part.zh.replace(/\{\w+\}/g, '');
      expect(ascii === '' || /[\u4e00-\u9fff]/.test(ascii), `${code}: ${part.zh}`).toBe(true);
    }
  }
  const text = problemText('setup-running', { pid: 77 });
  expect(text).toContain('process 77');
  expect(text).toContain('进程 77');
  expect(text).not.toContain('{');
});

test('an unknown switch is refused with the known ones', () => {
  expect(switches(['--', '--yes'], ['--yes'])).toEqual(new Set(['--yes']));
  expect(() => switches(['--yse'], ['--yes', '--no-system'])).toThrow('--yes --no-system');
});

test('skipped is not passed, no tests is a failure, and so is a bad end after good tests', () => {
  const report = (...statuses: string[]): unknown => ({
    testResults: [
      {
        name: 'a.test.ts',
        status: 'passed',
        assertionResults: statuses.map((status) => ({ status, fullName: status })),
      },
    ],
  });
  expect(countReport('unit', report('passed', 'passed'), 0)).toEqual({ passed: 2, failed: 0, failures: [] });
  expect(countReport('unit', report('passed', 'failed', 'skipped', 'todo'), 1)).toMatchObject({ passed: 1, failed: 3 });
  expect(countReport('unit', report('passed'), 1)).toMatchObject({ passed: 1, failed: 1 });
  expect(countReport('e2e', undefined, 1)).toEqual({ passed: 0, failed: 1, failures: ['e2e: no tests ran'] });
});

test('a failure is told with its reason: its message, and where in this project it was thrown', () => {
  const failureMessages = ['\u001b[31mError: no row\u001b[39m\n    at a (node_modules/x.js:1)\n    at b (test/b.ts:2)'];
  const test = { status: 'failed', fullName: 'waits', failureMessages };
  const report = { testResults: [{ name: 'b.test.ts', status: 'failed', assertionResults: [test] }] };
  expect(countReport('unit', report, 1).failures).toEqual([
    'b.test.ts: waits\n    Error: no row\n        at b (test/b.ts:2)',
  ]);
  const broken = { testResults: [{ name: 'b.test.ts', status: 'failed', message: 'no x.ts', assertionResults: [] }] };
  expect(countReport('unit', broken, 1).failures).toEqual(['b.test.ts: did not load\n    no x.ts']);
});

test('the list of what never runs differs from its document by exactly what was added or changed', () => {
  const markdown = '# T\n\ntext\n\n- **one**: first reason\n  goes on.\n- **two**: second.\n';
  const entries = [
    { name: 'one', reason: 'first reason goes on' },
    { name: 'two', reason: 'second' },
  ];
  expect(listed(markdown)).toEqual(entries);
  expect(differences(entries, listed(markdown))).toEqual([]);
  expect(differences(neverRun.slice(0, 1), [])).toHaveLength(1);
  expect(differences(entries, [...entries, { name: 'three', reason: 'x' }])).toHaveLength(1);
});

test('licences: one side of OR, both sides of AND; development packages do not ship', () => {
  expect(isAllowed('MIT')).toBe(true);
  expect(isAllowed('(GPL-3.0 OR MIT)')).toBe(true);
  expect(isAllowed('MIT AND GPL-3.0')).toBe(false);
  expect(isAllowed('unknown')).toBe(false);
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0', license: 'MIT' },
      'node_modules/a/node_modules/@x/b': { version: '2.0.0', license: 'ISC' },
      'node_modules/c': { version: '1.0.0', license: 'GPL-3.0', dev: true },
    },
  };
  expect(shippedPackages(lock).map((entry) => `${entry.name} ${entry.licence}`)).toEqual(['@x/b ISC', 'a MIT']);
});

test('uninstall lists what exists of set-up, and can keep what a site cannot make again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-uninstall-'));
  const path = (...parts: string[]): string => join(folder, ...parts);
  const made = ['.jackfield/data', '.jackfield/logs', 'other/data', 'other/mine', 'project/node_modules'];
  for (const folder of [...made, 'cache/jackfield/node', 'cache/jackfield/strange'])
    mkdirSync(path(folder), { recursive: true });
  const listed = (home: string, keepData: boolean): string[] => {
    const env = { JACKFIELD_HOME: path(home), XDG_CACHE_HOME: path('cache') };
    return pathsToRemove({ project: path('project'), keepData }, env).map((removed) =>
      removed.slice(folder.length + 1),
    );
  };
  const rest = ['project/node_modules', 'cache/jackfield/node'];
  expect(listed('.jackfield', false)).toEqual(['.jackfield', ...rest]);
  expect(listed('.jackfield', true)).toEqual(['.jackfield/logs', ...rest]);
  // A home of another name may hold what is not ours.
  expect(listed('other', false)).toEqual(['other/data', ...rest]);
  rmSync(folder, { recursive: true });
});

test('a prebuilt worker is looked for under the name upstream gives it', () => {
  const url = prebuiltUrl('3.27.1', { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'https://mirror.example' });
  expect(url).toMatch(/^https:\/\/mirror\.example\/3\.27\.1\/mediasoup-worker-3\.27\.1-\w+-\w+(-kernel\d+)?\.tgz$/);
});

test('the self-test signs its STUN request as RFC 8489 asks', () => {
  const request = bindingRequest('user:selftest', 'password');
  expect(request.readUInt16BE(0)).toBe(1);
  expect(request.readUInt16BE(2)).toBe(request.length - 20);
  expect(request.subarray(-8, -4).toString('hex')).toBe('80280004');
  const integrityAt = request.length - 8 - 24;
  const signed = Buffer.from(request.subarray(0, integrityAt));
  signed.writeUInt16BE(integrityAt - 20 + 24, 2);
  const expected = createHmac('sha1', 'password').update(signed).digest('hex');
  expect(request.subarray(integrityAt + 4, integrityAt + 24).toString('hex')).toBe(expected);
});
