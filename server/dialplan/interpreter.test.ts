import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instruction, PlanInput, PlanMove, PlanPosition } from './instructions.ts';
import { advance, begin, resume } from './interpreter.ts';
import type { Plan, Route, Step } from './plan.ts';
import { everyKind, planOf } from './site.test-support.ts';

const plan = planOf({ 'routes.yaml': everyKind });
const monday = Date.parse('2026-11-23T10:00:00+08:00');
const night = Date.parse('2026-11-23T22:00:00+08:00');
const holiday = Date.parse('2026-10-01T10:00:00+08:00');

function start(now = monday, called = '+8653100000'): PlanMove {
  const move = begin(plan, { called, caller: '+8613800138000', now });
  if (move.type !== 'move') throw new Error('no route');
  return move;
}
function walk(inputs: readonly PlanInput[], now = monday): PlanMove {
  return inputs.reduce((move, input) => advance(plan, move.position, input, now), start(now));
}
const press = (digit: string): PlanInput => ({ type: 'digit', digit });
const heard: PlanInput = { type: 'prompt-ended' };
const choice = [heard];
const passed = ({ facts }: PlanMove): readonly string[] =>
  facts.flatMap((fact) => (fact.type === 'step-entered' ? [fact.step] : []));

describe('a call', () => {
  it('begins at the start of the route of its number, past steps that do not wait', () => {
    const move = start();
    expect(move.instruction).toEqual({ type: 'play', files: ['/site/prompts/en-US/welcome.wav'], bargeIn: true });
    expect(move.position).toEqual({
      version: 'v1',
      route: 'main',
      step: 'greeting',
      turn: 1,
      language: 'en-US',
      retries: 0,
      ended: null,
    });
    expect(move.facts).toEqual([
      { type: 'plan-begun', route: 'main', version: 'v1', language: 'en-US' },
      { type: 'step-entered', step: 'hello', stepType: 'answer' },
      { type: 'step-entered', step: 'greeting', stepType: 'play' },
      { type: 'prompt-played', step: 'greeting', prompts: ['welcome'] },
    ]);
  });

  it('learns with its first move which codec its pictures are to have', () => {
    const seen = planOf({ 'routes.yaml': everyKind.replace(/^( *)numbers:/m, '$1video: h264\n$&') });
    const begun = begin(seen, { called: '+8653100000', caller: '', now: monday });
    expect(begun).toMatchObject({ type: 'move', video: 'h264' });
    expect(start().video).toBeUndefined();
  });

  it('to a number of nobody has no route', () => {
    expect(begin(plan, { called: '+8610000', caller: '', now: monday })).toEqual({ type: 'no-route' });
  });

  it('that comes with a language speaks it', () => {
    const move = begin(plan, { called: '+8653100000', caller: '', language: 'zh-CN', now: monday });
    expect(move).toMatchObject({ instruction: { files: ['/site/prompts/zh-CN/welcome.wav'] } });
  });
});

describe('a menu', () => {
  it('says what it accepts', () => {
    expect(walk(choice).instruction).toEqual({
      type: 'menu',
      files: ['/site/prompts/en-US/welcome.wav'],
      bargeIn: true,
      accepts: '123459',
      timeoutMs: 3000,
    });
  });

  it('tells what was chosen', () => {
    const move = walk([...choice, press('1')]);
    expect(move.facts[0]).toEqual({ type: 'menu-chosen', step: 'choice', digit: '1', label: 'Help', labelZh: '帮助' });
    expect(move.instruction).toEqual({
      type: 'queue',
      queueId: 'support',
      requirements: [{ skill: 'support', minLevel: 2 }],
      requiredLanguage: null,
      priority: 5,
      language: 'en-US',
      holdMusic: ['/site/music/calm.wav'],
      announcement: { files: ['/site/prompts/en-US/notice.wav'], everyMs: 30_000 },
      maxWaitMs: 60_000,
    });
  });

  it('changes the language', () => {
    const move = walk([...choice, press('9')]);
    expect(move.position.language).toBe('zh-CN');
    expect(move.instruction).toMatchObject({
      language: 'zh-CN',
      announcement: { files: ['/site/prompts/zh-CN/notice.wav'] },
    });
  });

  it.each([
    ['a wrong key', press('7'), 'wrong', 'invalid'],
    ['silence', { type: 'timeout' }, 'silence', 'timeout'],
  ] as const)('asks again after %s, then goes on', (_name, input, prompt, reason) => {
    const again = walk([...choice, input]);
    expect(again.instruction).toMatchObject({
      type: 'menu',
      files: [`/site/prompts/en-US/${prompt}.wav`, '/site/prompts/en-US/welcome.wav'],
    });
    expect(again.facts[0]).toEqual({ type: 'menu-missed', step: 'choice', reason, retry: 1 });
    expect(again.position).toMatchObject({ step: 'choice', retries: 1, turn: 3 });
    expect(walk([...choice, input, input]).instruction).toEqual({ type: 'hangup', cause: 'busy' });
  });

  it('counts a key pressed in the prompt before it', () => {
    const move = walk([press('1')]);
    expect(move.position.step).toBe('help');
    expect(move.facts.map(({ type }) => type)).toEqual(['step-entered', 'menu-chosen', 'step-entered']);
    expect(walk([press('7')]).position).toMatchObject({ step: 'choice', retries: 0 });
  });

  it('counts no key pressed in a prompt that must be heard out', () => {
    expect(walk([...choice, press('4'), press('1')]).instruction).toEqual({ type: 'wait' });
  });
});

describe('hours', () => {
  it.each([
    [monday, 'open', 'help'],
    [night, 'closed', 'sorry'],
    [holiday, 'holiday', 'end'],
  ])('at %d are %s', (now, branch, step) => {
    const move = walk([...choice, press('2')], now);
    expect(move.facts).toContainEqual({ type: 'hours-checked', step: 'opening', hours: 'office', branch });
    expect(move.position.step).toBe(step);
  });

  it('of a queue send the caller on when it is closed', () => {
    expect(walk([...choice, press('5')], night).position.step).toBe('sorry');
    expect(walk([...choice, press('5')], monday).instruction).toMatchObject({
      type: 'queue',
      requiredLanguage: 'en-US',
    });
  });
});

describe('an ended call', () => {
  const over = walk([...choice, press('3'), { type: 'transfer-ended', ok: true }]);
  it('stays ended', () => {
    expect(over.instruction).toEqual({ type: 'hangup', cause: 'normal' });
    expect(advance(plan, over.position, heard, monday).instruction).toEqual({ type: 'wait' });
    expect(resume(plan, over.position)).toEqual({ type: 'hangup', cause: 'normal' });
  });
});

describe('every step x every input', () => {
  const at: Record<Step['type'], readonly PlanInput[]> = {
    play: [],
    menu: choice,
    queue: [...choice, press('1')],
    transfer: [...choice, press('3')],
    hangup: [...choice, { type: 'timeout' }, { type: 'timeout' }],
    // These two never wait; a position in one can only come from elsewhere.
    hours: [],
    answer: [],
  };
  const elsewhere: Partial<Record<Step['type'], string>> = { hours: 'opening', answer: 'hello' };
  const inputs: readonly PlanInput[] = [
    heard,
    press('1'),
    press('8'),
    { type: 'timeout' },
    { type: 'queue-left', reason: 'timeout' },
    { type: 'queue-left', reason: 'closed' },
    { type: 'transfer-ended', ok: true },
    { type: 'transfer-ended', ok: false },
  ];
  const describeInput = (input: PlanInput): string => Object.values(input).join(' ');
  const describeInstruction = (instruction: Instruction): string =>
    instruction.type === 'hangup' ? `hangup ${instruction.cause}` : instruction.type;

  it.each(Object.entries(at))('%s', (type, path) => {
    const reached = walk(path).position;
    const position = { ...reached, step: elsewhere[type as Step['type']] ?? reached.step };
    expect(plan.routes.get('main')?.steps.get(position.step)?.type).toBe(type);
    const row = inputs.map((input) => {
      const move = advance(plan, position, input, monday);
      return `${describeInput(input)}: ${describeInstruction(move.instruction)} [${passed(move).join(' ')}]`;
    });
    expect(row).toMatchSnapshot();
  });
});

describe('a position', () => {
  it.each([[[]], [choice], [[...choice, press('1')]], [[...choice, press('3')]]])('is resumed from JSON', (inputs) => {
    const move = walk(inputs);
    const position = JSON.parse(JSON.stringify(move.position)) as PlanPosition;
    expect(resume(plan, position)).toEqual(move.instruction);
    expect(advance(plan, position, press('1'), monday)).toEqual(advance(plan, move.position, press('1'), monday));
  });

  it('that the plan does not have ends the call', () => {
    const nowhere = { ...start().position, step: 'gone' };
    expect(advance(plan, nowhere, heard, monday).instruction).toEqual({ type: 'hangup', cause: 'unavailable' });
    expect(resume(plan, nowhere)).toEqual({ type: 'hangup', cause: 'unavailable' });
  });
});

describe('whatever the plan', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'nowhere');
  const step: fc.Arbitrary<(id: string) => Step> = fc.oneof(
    id.map((next) => (own: string): Step => ({ type: 'answer', id: own, next })),
    fc
      .tuple(id, fc.boolean())
      .map(([next, bargeIn]) => (own: string): Step => ({ type: 'play', id: own, prompts: [], bargeIn, next })),
    fc.tuple(id, id, fc.nat(2)).map(([next, otherwise, retries]) => (own: string): Step => ({
      type: 'menu',
      id: own,
      prompts: [],
      bargeIn: true,
      keys: [{ digit: '1', label: null, language: null, next }],
      timeoutMs: 1,
      retries,
      onInvalid: [],
      onTimeout: [],
      otherwise,
    })),
    fc
      .tuple(id, id, fc.constantFrom('support', 'daytime', 'none'))
      .map(([onTimeout, onClosed, queue]) => (own: string): Step => ({
        type: 'queue',
        id: own,
        queue,
        requirements: [],
        priority: 5,
        maxWaitMs: 0,
        onTimeout,
        onClosed,
      })),
    fc.tuple(id, id, id).map(([open, closed, off]) => (own: string): Step => ({
      type: 'hours',
      id: own,
      hours: 'office',
      open,
      closed,
      holiday: off,
    })),
    id.map((otherwise) => (own: string): Step => ({ type: 'transfer', id: own, to: '1', otherwise })),
    fc.constant((own: string): Step => ({ type: 'hangup', id: own, cause: 'normal' })),
  );
  const input: fc.Arbitrary<PlanInput> = fc.constantFrom<PlanInput>(
    heard,
    press('1'),
    press('2'),
    { type: 'timeout' },
    { type: 'queue-left', reason: 'timeout' },
    { type: 'queue-left', reason: 'closed' },
    { type: 'transfer-ended', ok: true },
    { type: 'transfer-ended', ok: false },
  );

  it('the interpreter returns, even for plans that no check would pass', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 5 }),
        fc.array(input, { maxLength: 20 }),
        fc.boolean(),
        (makers, inputs, late) => {
          const names = ['a', 'b', 'c', 'd', 'e'];
          const steps = new Map(makers.map((make, at) => [names[at] ?? 'a', make(names[at] ?? 'a')]));
          const main = plan.routes.get('main');
          if (main === undefined) throw new Error('no route');
          const route: Route = { ...main, start: 'a', steps };
          const wild: Plan = { ...plan, routes: new Map([['main', route]]) };
          const now = late ? night : monday;
          const first = begin(wild, { called: '+8653100000', caller: '', now });
          if (first.type !== 'move') throw new Error('no route');
          let { position } = first;
          for (const one of inputs) {
            const move = advance(wild, position, one, now);
            expect(move.position.turn - position.turn).toBeLessThanOrEqual(2);
            if (move.instruction.type !== 'wait' && move.position.turn !== position.turn)
              expect(resume(wild, move.position).type).toBe(move.instruction.type);
            position = move.position;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
