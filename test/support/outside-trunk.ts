import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const trunks = (port: number): string => `
trunks:
  demo: { name: { en: Demo, zh: 演示 }, calls: in, addresses: [this-machine] }
  outside:
    name: { en: Outside, zh: 外线 }
    calls: out
    targets: ['sip:127.0.0.1:${String(port)}']
    health: { every: 0s }
    caller-id: { allowed: ['+8653100000'], default: '+8653100000' }
outbound:
  mobile: { prefixes: ['+8613'], trunks: [outside] }
`;

/** Gives a site (`prepare` of `startSite`) a trunk over which mobiles are called: everybody outside is at this port. */
export function outsideTrunk(port: number): (dialplans: string) => void {
  return (dialplans) => writeFileSync(join(dialplans, 'trunks.yaml'), trunks(port));
}
