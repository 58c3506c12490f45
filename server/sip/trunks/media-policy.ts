/** What a trunk's file says of audio, as the media node takes it. Pure. */
import type { LegPolicy } from '../../../protocol/media-policy.ts';
import type { TrunkConfig } from './config.ts';

export function policyOf({
  codecs,
  dtmf,
  srtp,
  ice,
  silence,
}: Pick<TrunkConfig, 'codecs' | 'dtmf' | 'srtp' | 'ice' | 'silence'>): LegPolicy {
  return {
    dtmf,
    ...(codecs.length === 0 ? {} : { codecs: [...codecs] }),
    ...(srtp === null ? {} : { srtp }),
    ...(ice === 'taken' ? {} : { ice }),
    ...(silence === null ? {} : { silence }),
  };
}
