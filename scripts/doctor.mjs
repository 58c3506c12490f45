// @ts-check
// Which steps of set-up are done, as JSON, for `jackfield doctor`. Nothing is changed.
import { environmentFor, findNode } from './find-node.mjs';
import { missingPackages, runtimePackages } from './setup/debian.mjs';
import { allSteps, makeContext } from './setup/index.mjs';

const context = makeContext({}, environmentFor(findNode() ?? process.execPath));
/** @param {string} id */
const detailOf = (id) => {
  if (id === 'node') return context.node();
  if (id === 'worker') return context.env['MEDIASOUP_WORKER_BIN'] ?? '';
  if (id === 'packages')
    return missingPackages(runtimePackages)
      .map((entry) => entry.names[0])
      .join(' ');
  return '';
};

console.log(
  JSON.stringify(
    allSteps.map((step) => ({ id: step.id, name: step.name, ok: step.done(context), detail: detailOf(step.id) })),
  ),
);
