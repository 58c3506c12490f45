/** The ears as the command line sees them: what is installed, and how to change it. */
import { chineseHint, englishHint, installedModel, installModel, removeModel } from './ears/index.ts';
import type { InstalledModel, InstallProblem } from './ears/index.ts';
import { buildEars, englishModel } from './ears/native/build.mjs';

export { chineseHint, englishHint, installedModel, installModel, removeModel };
export type { InstalledModel, InstallProblem };

/** Where the English model is, when English can be heard on this machine. */
export function englishInstalled(): string | undefined {
  return buildEars().ok ? englishModel : undefined;
}
