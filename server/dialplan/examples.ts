/** The examples of the files, run on the interpreter before a plan goes live. Pure. */
import type { Entry } from './collect.ts';
import { diagnose, type Diagnostic } from './diagnostics.ts';
import type { Plan } from './plan.ts';
import type { ExampleSource } from './schema.ts';
import { Simulation, type Action } from './simulate.ts';

type Example = Entry<ExampleSource>;
type Expectation = keyof ExampleSource['expect'];

const words: Readonly<Record<string, Action>> = {
  'stay silent': { type: 'silence' },
  'hear it out': { type: 'listen' },
  'queue timeout': { type: 'queue-left', reason: 'timeout' },
  'queue closed': { type: 'queue-left', reason: 'closed' },
  'transfer ends': { type: 'transfer-ended', ok: true },
  'transfer fails': { type: 'transfer-ended', ok: false },
};

/** The actions of a line such as `press 12` or `stay silent`. */
export function actionsOf(text: string): readonly Action[] {
  const action = words[text];
  if (action !== undefined) return [action];
  return [...text.replace(/^press /, '')].map((digit) => ({ type: 'press', digit }));
}

/** Runs every example; one finding for each thing that went otherwise. */
export function runExamples(plan: Plan, examples: readonly Example[]): readonly Diagnostic[] {
  return examples.flatMap((example) => runExample(plan, example));
}

function runExample(plan: Plan, example: Example): readonly Diagnostic[] {
  const { to, from, at, language, name, trunk, attestation } = example.value;
  const call = new Simulation(plan, { called: to, caller: from, language, trunk, attestation, now: Date.parse(at) });
  for (const [index, text] of example.value.do.entries())
    for (const action of actionsOf(text)) {
      const step = call.position?.step ?? '-';
      if (call.act(action)) continue;
      const facts = { name, action: text, step, found: describe(call) };
      return [diagnose(example.at('do', index), 'example-stuck', facts)];
    }
  call.hearOut();
  return compare(call, example);
}

function describe({ instruction, position }: Simulation): string {
  if (position === null) return 'no route';
  switch (instruction.type) {
    case 'queue':
      return `queue ${instruction.queueId}`;
    case 'transfer':
      return `transfer ${instruction.to}`;
    case 'hangup':
      return `hangup ${instruction.cause}`;
    case 'menu':
      return `menu ${position.step}`;
    case 'play':
    case 'wait':
      return `${instruction.type} ${position.step}`;
  }
}

function compare(call: Simulation, example: Example): readonly Diagnostic[] {
  const { expect, name } = example.value;
  const { instruction, position, facts } = call;
  const path = facts.flatMap((fact) => (fact.type === 'step-entered' ? [fact.step] : []));
  const hears = facts.flatMap((fact) => (fact.type === 'prompt-played' ? fact.prompts : []));
  const end = describe(call);
  const checks: { readonly key: Expectation; readonly wanted: string | undefined; readonly found: string }[] = [
    { key: 'no-route', wanted: expect['no-route'] === undefined ? undefined : 'no route', found: end },
    { key: 'queue', wanted: expect.queue && `queue ${expect.queue}`, found: end },
    { key: 'transfer', wanted: expect.transfer && `transfer ${expect.transfer}`, found: end },
    { key: 'hangup', wanted: expect.hangup && `hangup ${expect.hangup}`, found: end },
    { key: 'menu', wanted: expect.menu && `menu ${expect.menu}`, found: end },
    { key: 'path', wanted: expect.path?.join(' -> '), found: path.join(' -> ') },
    { key: 'hears', wanted: expect.hears?.join(', '), found: hears.join(', ') },
    { key: 'language', wanted: expect.language, found: position?.language ?? instruction.type },
  ];
  return checks.flatMap(({ key, wanted, found }) =>
    wanted === undefined || wanted === found
      ? []
      : [diagnose(example.keyAt('expect', key), 'example-failed', { name, expected: wanted, found })],
  );
}
