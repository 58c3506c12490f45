import { describe, expect, it } from 'vitest';
import { compileFiles, linesOf, planOf } from './site.test-support.ts';

const agents = (phones: string): string =>
  `agents: { alice: { name: Alice, languages: [en-US], phones: { ${phones} } } }\n`;
const files = (phones: string) => ({
  'routes.yaml': "routes: { main: { numbers: ['1000'], start: end, steps: { end: { hangup: busy } } } }\n",
  'agents.yaml': agents(phones),
});

describe('the audio of one desk phone', () => {
  it('is what agents.yaml says, under its name in small letters; what is not said is not there', () => {
    const said = 'codecs: [G722, PCMA], dtmf: in-band, srtp: required, ice: offered, media-timeout: { then: flag }';
    const plan = planOf(files(`Door phone: { ${said} }, desk: {}`));
    expect([...(plan.agents.get('alice')?.phones ?? [])]).toEqual([
      [
        'door phone',
        {
          ...{ codecs: ['G722', 'PCMA'], dtmf: 'tone', srtp: 'required', ice: 'offered' },
          silence: { afterMs: 30_000, then: 'flag' },
        },
      ],
      ['desk', {}],
    ]);
  });

  it.each([
    ['desk: { codecs: [PCMU, PCMU] }', 'expected each codec once'],
    ['desk: { ice: always }', 'expected "off", "taken", "offered"'],
    ['desk: { srtp: yes }', 'expected "off", "optional", "required"'],
    ['desk: { video: on }', 'video'],
  ])('%s is told', (phones, wanted) => {
    expect(linesOf(compileFiles(files(phones)))[0]).toContain(wanted);
  });
});
