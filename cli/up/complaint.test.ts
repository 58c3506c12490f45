import { expect, test } from 'vitest';
import { complaintOf } from './complaint.ts';

const crash = [
  'node:internal/modules/esm/resolve:275',
  '    throw new ERR_MODULE_NOT_FOUND(',
  '          ^',
  '',
  "Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'main.ts'",
  '    at finalizeResolution (node:internal/modules/esm/resolve:275:11)',
  "  code: 'ERR_MODULE_NOT_FOUND',",
  '}',
  'Node.js v24.21.0',
];

test.each([
  ['a crash report', crash, "Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'main.ts'"],
  ['plain words', ['media node: the RPC port is taken'], 'media node: the RPC port is taken'],
  ['a log', ['{"level":30,"msg":"up"}', '{"level":50,"msg":"no disk","err":{"message":"ENOSPC"}}'], 'no disk: ENOSPC'],
  ['plain words after a log', ['{"level":50,"msg":"x"}', 'the end'], 'the end'],
  [
    'a usage text after the complaint',
    ['--rpc x: expected HOST:PORT', 'usage: main.ts', '  [--more]'],
    '--rpc x: expected HOST:PORT',
  ],
  ['nothing', [], ''],
  ['half a line of JSON', ['{"level":50,"m'], ''],
])('%s', (_name, lines, said) => {
  expect(complaintOf(lines)).toBe(said);
});
