import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from './compile.ts';
import { hasErrors } from './diagnostics.ts';
import { advance, begin } from './interpreter.ts';
import type { PlanInput } from './instructions.ts';
import { compileFiles, everyKind, siteYaml, sounds } from './site.test-support.ts';

const demo = path.join(import.meta.dirname, '..', '..', 'dialplans');
const names = ['site', 'routes', 'queues', 'skills', 'agents', 'hours', 'dispositions'];
const files = names.map((name) => ({
  name: `${name}.yaml`,
  text: readFileSync(path.join(demo, `${name}.yaml`), 'utf8'),
}));
const recordings = sounds(
  ...['welcome', 'invalid-key', 'still-there', 'please-wait', 'still-waiting', 'all-busy', 'opening-hours', 'holiday'],
  'music/evening-light.wav',
);

/** A slip of the pen: some characters taken away, and others put there. */
const slip = fc.record({
  file: fc.nat(files.length - 1),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(30),
  insert: fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '\n',
      ':',
      '- ',
      '{',
      '}',
      '[',
      ']',
      "'",
      '"',
      '&a ',
      '*a',
      '<<: ',
      '#',
      '\t',
      '|',
      '>',
      '!!',
      '%',
    ),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      'null',
      '~',
      '1e999',
      '0x10',
      '2026-01-01',
      'welcome',
      'support',
    ),
    fc.string({ maxLength: 8, unit: 'binary' }),
  ),
});

it('whatever an admin types, the checker answers: a plan or an error, with places in the file', () => {
  fc.assert(
    fc.property(fc.array(slip, { minLength: 1, maxLength: 4 }), (slips) => {
      const texts = files.map(({ text }) => text);
      for (const { file, at, remove, insert } of slips) {
        const text = texts[file] ?? '';
        const place = Math.floor(at * text.length);
        texts[file] = text.slice(0, place) + insert + text.slice(place + remove);
      }
      const changed = files.map(({ name }, at) => ({ name, text: texts[at] ?? '' }));
      const { plan, diagnostics } = compile({ version: 'v', files: changed, sounds: recordings, diagnostics: [] });
      expect(plan === undefined).toBe(hasErrors(diagnostics));
      for (const { line, column, message } of diagnostics) {
        expect(line).toBeGreaterThan(0);
        expect(column).toBeGreaterThan(0);
        expect(message).not.toMatch(/\{\w+\}|undefined/);
      }
    }),
    { numRuns: 400 },
  );
}, 60_000);

const stepName = fc.constantFrom('a', 'b', 'c', 'd');
const stepText = fc.oneof(
  stepName.map((next) => `{ answer: true, next: ${next} }`),
  fc.tuple(stepName, fc.boolean()).map(([next, bargeIn]) => `{ play: welcome, barge-in: ${bargeIn}, next: ${next} }`),
  fc
    .tuple(stepName, stepName, fc.nat(2))
    .map(
      ([next, other, retries]) =>
        `{ menu: { prompts: welcome, retries: ${retries}, keys: { 1: { next: ${next} } }, otherwise: ${other} } }`,
    ),
  fc
    .tuple(stepName, stepName)
    .map(([timeout, closed]) => `{ queue: daytime, on-timeout: ${timeout}, otherwise: ${closed} }`),
  fc.tuple(stepName, stepName).map(([open, closed]) => `{ hours: office, open: ${open}, closed: ${closed} }`),
  stepName.map((other) => `{ transfer: '100', otherwise: ${other} }`),
  fc.constant(`{ hangup: normal }`),
);
const rest = everyKind.slice(everyKind.indexOf('queues:'));
const input: fc.Arbitrary<PlanInput> = fc.constantFrom<PlanInput>(
  { type: 'prompt-ended' },
  { type: 'digit', digit: '1' },
  { type: 'digit', digit: '2' },
  { type: 'timeout' },
  { type: 'queue-left', reason: 'timeout' },
  { type: 'queue-left', reason: 'closed' },
  { type: 'transfer-ended', ok: true },
  { type: 'transfer-ended', ok: false },
);

it('no plan that passes the check strands a caller', () => {
  let passed = 0;
  fc.assert(
    fc.property(
      fc.tuple(stepText, stepText, stepText, stepText),
      fc.array(input, { maxLength: 30 }),
      fc.nat(86_400_000 * 7),
      (steps, inputs, offset) => {
        const text = `routes:\n  m:\n    numbers: ['1']\n    start: a\n    steps:\n${steps.map((step, at) => `      ${'abcd'.charAt(at)}: ${step}\n`).join('')}${rest}`;
        const { plan } = compileFiles({ 'site.yaml': siteYaml, 'routes.yaml': text });
        if (plan === undefined) return;
        passed++;
        const first = begin(plan, { called: '1', caller: '', now: offset });
        if (first.type !== 'move') throw new Error('no route');
        let { position, instruction } = first;
        for (const one of inputs) {
          const move = advance(plan, position, one, offset);
          // `unavailable` is how the interpreter ends a call that has nowhere to go.
          expect(move.instruction).not.toEqual({ type: 'hangup', cause: 'unavailable' });
          position = move.position;
          if (move.instruction.type !== 'wait') instruction = move.instruction;
        }
        expect(['play', 'menu', 'queue', 'transfer', 'hangup']).toContain(instruction.type);
        expect(instruction.type === 'hangup').toBe(position.ended !== null);
      },
    ),
    { numRuns: 600 },
  );
  expect(passed).toBeGreaterThan(100);
});

it('a route longer than the stack is deep, and a file nested deeper, are answered too', () => {
  const steps = Array.from({ length: 3000 }, (_, at) => `      s${at}: { play: welcome, next: s${at + 1} }\n`).join('');
  const long = `routes:\n  m:\n    numbers: ['1']\n    start: s0\n    steps:\n${steps}      s3000: { play: welcome, next: s0 }\n`;
  expect(compileFiles({ 'routes.yaml': long }).diagnostics.map(({ code }) => code)).toEqual(['endless-loop']);
  const deep = compileFiles({ 'x.yaml': `skills: ${'['.repeat(50_000)}` });
  expect(hasErrors(deep.diagnostics)).toBe(true);
});
