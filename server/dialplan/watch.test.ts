import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { diagnosticLine, type Diagnostic } from './diagnostics.ts';
import { checkDialplans } from './loader.ts';
import type { Plan } from './plan.ts';
import { siteYaml } from './site.test-support.ts';
import { watchDialplans, type DialplanWatch } from './watch.ts';

const routes = (number: string): string =>
  `routes: { main: { numbers: ['${number}'], start: end, steps: { end: { hangup: normal } } } }\n`;

let directory: string;
let watching: DialplanWatch | undefined;
let plans: Plan[];
let wrong: (readonly Diagnostic[])[];
let told: () => void;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'jackfield-dialplan-'));
  plans = [];
  wrong = [];
  told = () => {};
  await write('site.yaml', siteYaml);
});
afterEach(async () => {
  await watching?.close();
  watching = undefined;
  await rm(directory, { recursive: true, force: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(path.join(directory, name), text);
const next = (): Promise<void> => new Promise((resolve) => (told = resolve));
async function watchIt(): Promise<DialplanWatch> {
  watching = await watchDialplans(
    directory,
    (plan) => {
      plans.push(plan);
      told();
    },
    (diagnostics) => {
      wrong.push(diagnostics);
      told();
    },
    { settleMs: 5 },
  );
  return watching;
}

describe('a watched folder', () => {
  it('puts a plan in force, keeps it while the files are wrong, and takes the next that is right', async () => {
    await write('routes.yaml', routes('1000'));
    const folder = await watchIt();
    expect(plans.map(({ version }) => version)).toEqual([folder.plan?.version]);

    await write('routes.yaml', routes('oops'));
    await folder.reload();
    expect(wrong.flat().map((one) => diagnosticLine(one))).toEqual([expect.stringContaining('routes.yaml:1:')]);
    expect(folder.plan).toBe(plans[0]);

    await write('routes.yaml', routes('2000'));
    await folder.reload();
    expect(plans).toHaveLength(2);
    expect(plans[1]?.version).not.toBe(plans[0]?.version);
  });

  it('says nothing when nothing changed, and the same content has the same version', async () => {
    await write('routes.yaml', routes('1000'));
    const folder = await watchIt();
    await folder.reload();
    await write('routes.yaml', routes('1000'));
    await folder.reload();
    expect(plans).toHaveLength(1);
    await write('routes.yaml', routes('2000'));
    await folder.reload();
    await write('routes.yaml', routes('1000'));
    await folder.reload();
    expect(plans[2]?.version).toBe(plans[0]?.version);
  });

  it('hears of a file that is saved, also the way editors do it, and of one in a new folder', async () => {
    await write('routes.yaml', routes('1000'));
    await watchIt();
    let change = next();
    await write('routes.yaml', routes('2000'));
    await change;
    change = next();
    await write('routes.yaml~', routes('3000'));
    await rename(path.join(directory, 'routes.yaml~'), path.join(directory, 'routes.yaml'));
    await change;
    change = next();
    await mkdir(path.join(directory, 'more'));
    await write('more/b.yaml', routes('4000').replace('main', 'other'));
    await change;
    expect(plans.at(-1)?.routes.size).toBe(2);
    expect(wrong).toEqual([]);
  });

  it('starts without a plan when the files are wrong', async () => {
    await write('routes.yaml', 'routes: [');
    const folder = await watchIt();
    expect(folder.plan).toBeUndefined();
    expect(wrong).toHaveLength(1);
  });
});

describe('a folder that nothing is heard of', () => {
  it('is looked at all the same', async () => {
    await write('routes.yaml', routes('1000'));
    const clock = new SimulatedClock();
    watching = await watchDialplans(
      directory,
      (plan) => {
        plans.push(plan);
        told();
      },
      () => {},
      // Changes that are heard of never settle here.
      { clock, settleMs: 1e12 },
    );
    const change = next();
    await write('routes.yaml', routes('2000'));
    clock.advance(5000);
    await change;
    expect(plans).toHaveLength(2);
  });
});

describe('a folder', () => {
  it('that is not there is said to be unreadable', async () => {
    const { plan, diagnostics } = await checkDialplans(path.join(directory, 'nowhere'));
    expect(plan).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ code: 'unreadable', severity: 'error' });
  });

  it('leaves rules, schemas and hidden files to others', async () => {
    await write('routes.yaml', routes('1000'));
    await write('.hidden.yaml', '][');
    for (const name of ['rules', 'schema']) {
      await mkdir(path.join(directory, name));
      await write(`${name}/x.yaml`, '][');
    }
    expect((await checkDialplans(directory)).diagnostics).toEqual([]);
  });
});
