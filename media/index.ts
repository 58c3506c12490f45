export { startMediaNode } from './node.ts';
export type { MediaNode, MediaNodeParts } from './node.ts';
export { defaultOptions, parseArguments, usage } from './options.ts';
export type { MediaArguments, MediaNodeOptions } from './options.ts';
