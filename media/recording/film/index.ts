export { type Frame, FrameReader, type FrameShape } from './frames.ts';
