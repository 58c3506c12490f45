/** What is in a folder with a streaming model of sherpa-onnx (zipformer or paraformer). */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../../base/result.ts';

/** The files of a model, absolute paths. */
export type SherpaModel = { readonly tokens: string } & (
  | { readonly kind: 'transducer'; readonly encoder: string; readonly decoder: string; readonly joiner: string }
  | { readonly kind: 'paraformer'; readonly encoder: string; readonly decoder: string }
  | { readonly kind: 'zipformer2-ctc'; readonly model: string }
);

/** Of several files of a part the quantised one is taken: it needs a third of the time and hears as well. */
function pick(names: readonly string[], part: string): string | undefined {
  const fitting = names.filter((name) => name.endsWith('.onnx') && name.split(/[-_.]/).includes(part)).sort();
  return fitting.find((name) => name.includes('int8')) ?? fitting[0];
}

/** Finds the model in `folder`; fails with what is missing in words. */
export function findModel(folder: string): Result<SherpaModel, string> {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return fail(`${folder} is not a folder that can be read`);
  }
  const at = (name: string): string => join(folder, name);
  if (!names.includes('tokens.txt')) return fail(`${folder} has no tokens.txt`);
  const tokens = at('tokens.txt');
  const [encoder, decoder, joiner] = [pick(names, 'encoder'), pick(names, 'decoder'), pick(names, 'joiner')];
  if (encoder !== undefined && decoder !== undefined) {
    const both = { tokens, encoder: at(encoder), decoder: at(decoder) };
    return ok(
      joiner === undefined ? { kind: 'paraformer', ...both } : { kind: 'transducer', ...both, joiner: at(joiner) },
    );
  }
  const model = pick(names, 'model');
  if (model !== undefined) return ok({ kind: 'zipformer2-ctc', tokens, model: at(model) });
  return fail(`${folder} has neither encoder*.onnx with decoder*.onnx nor model*.onnx`);
}
