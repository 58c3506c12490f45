/** Trunks as an admin would write them, ready for the SIP side. */
import { compile, diagnosticLine } from '../../../server/dialplan/index.ts';
import type { TrunkPlan } from '../../../server/sip/index.ts';
import { trunkPlanOf } from '../../../server/trunk-plan.ts';

const site = `site: { languages: [en-US], country-code: '86', zone: Asia/Shanghai }
routes: { main: { numbers: ['1000'], start: end, steps: { end: { hangup: busy } } } }
`;

/** The plan of a trunks.yaml. Throws with the findings when it is wrong. */
export function trunksOf(yaml: string): TrunkPlan {
  const files = [
    { name: 'site.yaml', text: site },
    { name: 'trunks.yaml', text: yaml },
  ];
  const { plan, diagnostics } = compile({ version: 'v1', files, sounds: new Map(), diagnostics: [] });
  if (plan === undefined) throw new Error(diagnostics.map((each) => diagnosticLine(each)).join('\n'));
  return trunkPlanOf(plan);
}
