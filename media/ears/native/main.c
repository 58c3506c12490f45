/*
 * jackfield-ears: speech recognition as a child process. Frames in on stdin, JSON lines out on stdout.
 *
 *   jackfield-ears spot  --hmm DIR --features FILE --bands FILE
 *   jackfield-ears write --hmm DIR --features FILE --bands FILE --dict FILE --lm FILE
 *
 * `spot` looks for phrases in any number of taps at once; `write` writes down one utterance at a time, of any tap.
 * A message on stdin: kind (1 byte), 0 (1 byte), tap (uint16), length (uint32), then the payload; little-endian.
 *   B utterance number (uint32)      an utterance begins
 *   A PCM16 at 8 kHz                 its sound
 *   E                                it ends
 *   K revision (uint32), dictionary path, newline, keyphrase list path      what to spot from now on
 *   X                                the tap is closed: forget it
 */
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <sphinxbase/ngram_model.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"

#define MAX_TAPS 4096
#define MAX_PAYLOAD (1 << 20)
#define MAX_FRAMES 6000      /* a minute */
#define PARTIAL_EVERY 25     /* cepstra between two looks at the text so far: 250 ms */

typedef struct {
    band_t *band;
    channel_t channel;
    ps_decoder_t *spotter; /* `spot` only */
    int revision;          /* of the phrases in `spotter` */
    int open;
    uint32 utterance;
    float32 (*kept)[CEPSTRA]; /* the utterance so far, so that new phrases are sought in it too */
    int frames;
    int reported;
} tap_t;

static cmd_ln_t *front_end;
static network_t *network;
static const char *hmm, *features, *bands_path;
static char *phrase_dict, *phrase_list;
static int phrase_revision;

static ps_decoder_t *quick, *thorough; /* `write` only */
static tap_t *taps[MAX_TAPS];
static char last_partial[4096];

static void fail(const char *what)
{
    printf("{\"type\":\"failed\",\"reason\":\"%s\"}\n", what);
    exit(3);
}

/* ---- spotting ---- */

static ps_decoder_t *new_spotter(void)
{
    if (phrase_list == NULL) return NULL;
    cmd_ln_t *config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", hmm, "-dict", phrase_dict, "-kws", phrase_list,
                                   "-featparams", features, "-kws_delay", "10", "-logfn", "/dev/null", NULL);
    ps_decoder_t *made = config == NULL ? NULL : ps_init(config);
    cmd_ln_free_r(config);
    return made;
}

static void report_spotted(tap_t *tap, int number)
{
    int seen = 0;
    for (ps_seg_t *at = ps_seg_iter(tap->spotter); at != NULL; at = ps_seg_next(at)) seen++;
    int fresh = seen - tap->reported; /* the newest come first */
    if (fresh <= 0) return;
    tap->reported = seen;
    ps_seg_t *at = ps_seg_iter(tap->spotter);
    for (; at != NULL && fresh > 0; at = ps_seg_next(at), fresh--) {
        int start, end, score = ps_seg_prob(at, NULL, NULL, NULL);
        ps_seg_frames(at, &start, &end);
        const char *phrase = ps_seg_word(at);
        int length = (int)strlen(phrase);
        while (length > 0 && phrase[length - 1] == ' ') length--;
        printf("{\"type\":\"spotted\",\"tap\":%d,\"utterance\":%u,\"phrase\":\"%.*s\",\"start\":%d,\"end\":%d,\"score\":%d}\n",
               number, tap->utterance, length, phrase, start, end, score);
    }
    if (at != NULL) ps_seg_free(at);
}

static void feed(ps_decoder_t *decoder, const double mean[CEPSTRA], const float32 raw[CEPSTRA])
{
    float32 clean[CEPSTRA];
    mfcc_t *row = clean;
    channel_remove(mean, raw, clean);
    ps_process_cep(decoder, &row, 1, FALSE, FALSE);
}

static void spot(tap_t *tap, int number, float32 (*cepstra)[CEPSTRA], int count)
{
    if (tap->spotter == NULL) return;
    double mean[CEPSTRA];
    channel_guess(&tap->channel, mean);
    for (int i = 0; i < count; i++) {
        feed(tap->spotter, mean, cepstra[i]);
        if (i % 4 == 3 || i == count - 1) report_spotted(tap, number);
    }
}

/* Once more over the whole utterance, now that the channel is known: it costs little. */
static void spot_again(tap_t *tap, int number)
{
    double mean[CEPSTRA];
    channel_known(&tap->channel, mean);
    tap->reported = 0;
    ps_start_utt(tap->spotter);
    for (int i = 0; i < tap->frames; i++) feed(tap->spotter, mean, tap->kept[i]);
    ps_end_utt(tap->spotter);
    report_spotted(tap, number);
}

static void begin_spotting(tap_t *tap)
{
    if (tap->revision != phrase_revision) {
        if (tap->spotter != NULL) ps_free(tap->spotter);
        tap->spotter = new_spotter();
        tap->revision = phrase_revision;
    }
    tap->reported = 0;
    if (tap->spotter != NULL) ps_start_utt(tap->spotter);
}

static void take_phrases(char *payload, uint32 length)
{
    if (length < 4) return;
    uint32 revision;
    memcpy(&revision, payload, 4);
    char *paths = payload + 4;
    char *second = strchr(paths, '\n');
    if (second == NULL) return;
    *second++ = '\0';
    free(phrase_dict);
    free(phrase_list);
    phrase_dict = *paths == '\0' ? NULL : strdup(paths);
    phrase_list = *paths == '\0' ? NULL : strdup(second);
    phrase_revision++;
    for (int i = 0; i < MAX_TAPS; i++) {
        tap_t *tap = taps[i];
        if (tap == NULL || !tap->open) continue;
        if (tap->spotter != NULL) ps_end_utt(tap->spotter);
        begin_spotting(tap);
        spot(tap, i, tap->kept, tap->frames);
    }
    printf("{\"type\":\"compiled\",\"revision\":%u}\n", revision);
}

/* ---- writing ---- */

static void print_text(const char *type, int number, uint32 utterance, const char *text, double confidence)
{
    printf("{\"type\":\"%s\",\"tap\":%d,\"utterance\":%u,\"text\":\"", type, number, utterance);
    for (const char *c = text; *c != '\0'; c++)
        if (*c != '"' && *c != '\\' && (unsigned char)*c >= ' ') putchar(*c);
    printf("\",\"confidence\":%.3f}\n", confidence);
}

static void transcribe(tap_t *tap, int number, float32 (*cepstra)[CEPSTRA], int count)
{
    double mean[CEPSTRA];
    channel_guess(&tap->channel, mean);
    for (int i = 0; i < count; i++) {
        feed(quick, mean, cepstra[i]);
        if ((tap->frames - count + i) % PARTIAL_EVERY != PARTIAL_EVERY - 1) continue;
        const char *text = ps_get_hyp(quick, NULL);
        if (text == NULL || *text == '\0' || strcmp(text, last_partial) == 0) continue;
        snprintf(last_partial, sizeof last_partial, "%s", text);
        print_text("partial", number, tap->utterance, text, 0);
    }
}

static void end_writing(const tap_t *tap, int number)
{
    double mean[CEPSTRA];
    channel_known(&tap->channel, mean);
    ps_end_utt(quick);
    ps_start_utt(thorough);
    for (int i = 0; i < tap->frames; i++) feed(thorough, mean, tap->kept[i]);
    ps_end_utt(thorough);
    const char *text = ps_get_hyp(thorough, NULL);
    double words = 0, total = 0;
    for (ps_seg_t *at = ps_seg_iter(thorough); at != NULL; at = ps_seg_next(at)) {
        if (ps_seg_word(at)[0] == '<' || ps_seg_word(at)[0] == '[') continue;
        total += logmath_exp(ps_get_logmath(thorough), ps_seg_prob(at, NULL, NULL, NULL));
        words += 1;
    }
    double confidence = words == 0 ? 0 : total / words;
    print_text("final", number, tap->utterance, text == NULL ? "" : text, confidence > 1 ? 1 : confidence);
}

/*
 * Two decoders over one language model: a quick one while the utterance is spoken, whose text is only shown for a
 * moment, and a thorough one when it is over and the channel is known.
 */
static int open_writers(const char *dict, const char *lm)
{
    if (dict == NULL || lm == NULL) return 0;
    cmd_ln_t *config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", hmm, "-dict", dict, "-lm", lm, "-featparams", features,
                                   "-logfn", "/dev/null", NULL);
    if (config == NULL || (thorough = ps_init(config)) == NULL) return 0;
    ngram_model_t *shared = ps_get_lm(thorough, ps_get_search(thorough));
    config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", hmm, "-dict", dict, "-featparams", features, "-logfn",
                         "/dev/null", "-fwdflat", "no", "-bestpath", "no", "-maxhmmpf", "3000", "-maxwpf", "10", NULL);
    if (shared == NULL || config == NULL || (quick = ps_init(config)) == NULL) return 0;
    return ps_set_lm(quick, "quick", shared) >= 0 && ps_set_search(quick, "quick") >= 0;
}

/* ---- taps ---- */

static tap_t *tap_of(int number)
{
    if (taps[number] != NULL) return taps[number];
    tap_t *tap = calloc(1, sizeof *tap);
    tap->band = band_new(network, front_end);
    if (tap->band == NULL) fail("the front end does not fit the bands file");
    channel_start(&tap->channel, network_mean(network));
    tap->kept = malloc(sizeof(float32[CEPSTRA]) * MAX_FRAMES);
    return taps[number] = tap;
}

static void hear(tap_t *tap, int number, int count)
{
    float32(*fresh)[CEPSTRA] = tap->kept + tap->frames;
    tap->frames += count;
    for (int i = 0; i < count; i++) channel_learn(&tap->channel, fresh[i]);
    if (quick != NULL) transcribe(tap, number, fresh, count);
    else spot(tap, number, fresh, count);
}

static void begin(tap_t *tap, uint32 utterance)
{
    tap->open = 1;
    tap->utterance = utterance;
    tap->frames = 0;
    band_begin(tap->band);
    channel_begin(&tap->channel);
    if (quick == NULL) begin_spotting(tap);
    else {
        last_partial[0] = '\0';
        ps_start_utt(quick);
    }
}

static void end(tap_t *tap, int number)
{
    hear(tap, number, band_end(tap->band, tap->kept + tap->frames, MAX_FRAMES - tap->frames));
    tap->open = 0;
    if (quick != NULL) {
        end_writing(tap, number);
        return;
    }
    if (tap->spotter != NULL) {
        ps_end_utt(tap->spotter);
        report_spotted(tap, number);
        spot_again(tap, number);
    }
    printf("{\"type\":\"ended\",\"tap\":%d,\"utterance\":%u}\n", number, tap->utterance);
}

static void forget(int number)
{
    tap_t *tap = taps[number];
    if (tap == NULL) return;
    taps[number] = NULL;
    band_free(tap->band);
    if (tap->spotter != NULL) ps_free(tap->spotter);
    free(tap->kept);
    free(tap);
}

static void take(int kind, int number, char *payload, uint32 length)
{
    if (kind == 'K') return take_phrases(payload, length);
    if (kind == 'X') return forget(number);
    tap_t *tap = tap_of(number);
    if (kind == 'B' && length >= 4 && !tap->open) {
        uint32 utterance;
        memcpy(&utterance, payload, 4);
        begin(tap, utterance);
    } else if (kind == 'A' && tap->open) {
        hear(tap, number, band_write(tap->band, (const int16 *)payload, length / 2, tap->kept + tap->frames,
                                     MAX_FRAMES - tap->frames));
    } else if (kind == 'E' && tap->open) end(tap, number);
}

/* ---- main ---- */

static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 2; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0) return argv[i + 1];
    return NULL;
}

static cmd_ln_t *front_end_options(void)
{
    /* 19 bands spaced as the model's first 19 of 25 between 130 and 6800 Hz. */
    return cmd_ln_init(NULL, fe_get_args(), TRUE, "-samprate", "8000", "-nfft", "256", "-lowerf", "130", "-upperf",
                       "3814.57", "-nfilt", "19", "-logspec", "yes", "-remove_noise", "no", "-remove_silence", "no",
                       "-dither", "no", NULL);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 1 << 16);
    if (argc < 2) fail("say spot or write");
    err_set_logfp(NULL);
    hmm = option(argc, argv, "--hmm");
    features = option(argc, argv, "--features");
    bands_path = option(argc, argv, "--bands");
    if (hmm == NULL || features == NULL || bands_path == NULL) fail("an option is missing");
    network = network_read(bands_path);
    if (network == NULL) fail("the bands file cannot be read");
    front_end = front_end_options();
    if (strcmp(argv[1], "write") == 0 && !open_writers(option(argc, argv, "--dict"), option(argc, argv, "--lm")))
        fail("the language model cannot be loaded");
    printf("{\"type\":\"ready\"}\n");
    static char payload[MAX_PAYLOAD + 1];
    unsigned char head[8];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        uint32 length = head[4] | head[5] << 8 | head[6] << 16 | (uint32)head[7] << 24;
        int number = head[2] | head[3] << 8;
        if (length > MAX_PAYLOAD || number >= MAX_TAPS) fail("a message is too long");
        if (fread(payload, 1, length, stdin) != length) break;
        payload[length] = '\0';
        take(head[0], number, payload, length);
    }
    return 0;
}
