/** The tones by which a network tells how a call goes (ITU-T E.180), with the frequencies and cadence of each country. */

/** Frequencies sounding together, hertz, and then on, off, on, off ... in milliseconds: one period. */
interface Cadence {
  readonly hertz: readonly number[];
  readonly ms: readonly number[];
}

type Tones = Readonly<Record<'ringback' | 'busy' | 'congestion', Cadence>>;

const sampleRate = 8000;
/** About -15 dBm0 for all frequencies together: as loud as speech. */
const amplitude = 5500;

function tones(ringback: Cadence, busy: Cadence, congestion: Cadence): Tones {
  return { ringback, busy, congestion };
}

const cadence = (hertz: readonly number[], ...ms: readonly number[]): Cadence => ({ hertz, ms });

/** What E.180 recommends where a country has nothing of its own here. */
const common = tones(cadence([425], 1000, 4000), cadence([425], 500, 500), cadence([425], 250, 250));
const northAmerica = tones(
  cadence([440, 480], 2000, 4000),
  cadence([480, 620], 500, 500),
  cadence([480, 620], 250, 250),
);

/** E.180 supplement 2, by ISO 3166 code. */
const byCountry: Readonly<Record<string, Tones>> = {
  AU: tones(cadence([400, 450], 400, 200, 400, 2000), cadence([425], 375, 375), cadence([425], 375, 375)),
  CA: northAmerica,
  CN: tones(cadence([450], 1000, 4000), cadence([450], 350, 350), cadence([450], 700, 700)),
  DE: tones(cadence([425], 1000, 4000), cadence([425], 480, 480), cadence([425], 240, 240)),
  FR: tones(cadence([440], 1500, 3500), cadence([440], 500, 500), cadence([440], 250, 250)),
  GB: tones(cadence([400, 450], 400, 200, 400, 2000), cadence([400], 375, 375), cadence([400], 400, 350, 225, 525)),
  HK: tones(cadence([440, 480], 400, 200, 400, 3000), cadence([480, 620], 500, 500), cadence([480, 620], 250, 250)),
  JP: tones(cadence([384, 416], 1000, 2000), cadence([400], 500, 500), cadence([400], 500, 500)),
  KR: tones(cadence([440, 480], 1000, 2000), cadence([480, 620], 500, 500), cadence([480, 620], 300, 200)),
  SG: tones(cadence([401, 425, 449], 400, 200, 400, 2000), cadence([425], 750, 750), cadence([425], 250, 250)),
  TW: tones(cadence([440, 480], 1000, 2000), cadence([480, 620], 500, 500), cadence([480, 620], 250, 250)),
  US: northAmerica,
};

/** One period of what `tone:NAME/COUNTRY` (protocol/media.ts) names, PCM16 at 8 kHz; undefined for a name that is none. */
export function toneOfUri(uri: string): Int16Array | undefined {
  const [, name, country = ''] = /^tone:(ringback|busy|congestion)\/([A-Za-z]{2})$/.exec(uri) ?? [];
  if (name !== 'ringback' && name !== 'busy' && name !== 'congestion') return undefined;
  return period((byCountry[country.toUpperCase()] ?? common)[name]);
}

function period({ hertz, ms }: Cadence): Int16Array {
  const samples = new Int16Array(ms.reduce((sum, each) => sum + each, 0) * (sampleRate / 1000));
  let at = 0;
  for (const [index, length] of ms.entries()) {
    const end = at + length * (sampleRate / 1000);
    if (index % 2 === 0) for (let sample = at; sample < end; sample++) samples[sample] = sound(hertz, sample);
    at = end;
  }
  return samples;
}

function sound(hertz: readonly number[], sample: number): number {
  const sum = hertz.reduce((before, each) => before + Math.sin((2 * Math.PI * each * sample) / sampleRate), 0);
  return Math.round((amplitude * sum) / hertz.length);
}
