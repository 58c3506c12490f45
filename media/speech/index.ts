export type { SpeechError, SpeechProvider } from './ports.ts';
export { systemVoices } from './programs.ts';
export { siteVoice } from './site-program.ts';
