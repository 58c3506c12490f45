/** Built, or why not and the command that helps. */
export type EarsBuild =
  | { readonly ok: true; readonly path: string; readonly built: boolean }
  | { readonly ok: false; readonly reason: string; readonly hint: string };
export const earsPackages: readonly string[];
export const earsInstall: string;
export const englishModel: string;
export function defaultCache(): string;
export function buildEars(options?: { readonly cache?: string; readonly compiler?: string }): EarsBuild;
