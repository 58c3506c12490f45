#include "band.h"

#include <sphinxbase/ckd_alloc.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BANDS 32
#define MAX_CONTEXT 7
#define MAX_HIDDEN 256
#define LIFTER 22.0

struct network {
    int bands, context, hidden, frames; /* frames = 2 * context + 1 */
    float *w1, *b1, *w2, *b2;           /* inputs x hidden, hidden, hidden x WIDE_BANDS, WIDE_BANDS */
    float mean[CEPSTRA];                /* the cepstral mean of an average telephone */
    float dct[CEPSTRA][WIDE_BANDS];
};

struct band {
    network_t *network;
    fe_t *fe;
    float ring[2 * MAX_CONTEXT + 1][MAX_BANDS]; /* the newest frames, oldest first */
    int held;                                   /* how many of them are real */
    mfcc_t **buffer;
};

static int read_floats(FILE *file, float *into, int count)
{
    for (int i = 0; i < count; i++)
        if (fscanf(file, "%f", &into[i]) != 1) return 0;
    return 1;
}

static float *floats(int count) { return calloc((size_t)count, sizeof(float)); }

static void fill_dct(network_t *n)
{
    for (int i = 0; i < CEPSTRA; i++) {
        double lift = 1.0 + LIFTER / 2.0 * sin(i * M_PI / LIFTER);
        double scale = i == 0 ? sqrt(1.0 / WIDE_BANDS) : sqrt(2.0 / WIDE_BANDS);
        for (int j = 0; j < WIDE_BANDS; j++)
            n->dct[i][j] = (float)(lift * scale * cos(i * M_PI / WIDE_BANDS * (j + 0.5)));
    }
}

network_t *network_read(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) return NULL;
    network_t *n = calloc(1, sizeof *n);
    int good = fscanf(file, "jackfield-bands 1 %d %d %d", &n->bands, &n->context, &n->hidden) == 3 && n->bands > 0 &&
               n->bands <= MAX_BANDS && n->context >= 0 && n->context <= MAX_CONTEXT && n->hidden > 0 &&
               n->hidden <= MAX_HIDDEN;
    if (good) {
        n->frames = 2 * n->context + 1;
        int inputs = n->frames * n->bands;
        n->w1 = floats(inputs * n->hidden);
        n->b1 = floats(n->hidden);
        n->w2 = floats(n->hidden * WIDE_BANDS);
        n->b2 = floats(WIDE_BANDS);
        good = read_floats(file, n->mean, CEPSTRA) &&
               read_floats(file, n->w1, inputs * n->hidden) && read_floats(file, n->b1, n->hidden) &&
               read_floats(file, n->w2, n->hidden * WIDE_BANDS) && read_floats(file, n->b2, WIDE_BANDS);
    }
    fclose(file);
    if (!good) return NULL; /* the program ends on this: nothing to free */
    fill_dct(n);
    return n;
}

const float *network_mean(const network_t *network) { return network->mean; }

band_t *band_new(network_t *network, cmd_ln_t *front_end)
{
    band_t *band = calloc(1, sizeof *band);
    band->network = network;
    band->fe = fe_init_auto_r(front_end);
    if (band->fe == NULL || fe_get_output_size(band->fe) != network->bands) {
        free(band);
        return NULL;
    }
    band->buffer = (mfcc_t **)ckd_calloc_2d(64, MAX_BANDS, sizeof(mfcc_t));
    return band;
}

void band_free(band_t *band)
{
    if (band == NULL) return;
    fe_free(band->fe);
    ckd_free_2d(band->buffer);
    free(band);
}

void band_begin(band_t *band)
{
    band->held = 0;
    fe_start_utt(band->fe);
}

/* The wide bands of the frame in the middle of the ring. Levels are relative to the ring's mean: loudness is no clue. */
static void widen(const band_t *band, float wide[WIDE_BANDS])
{
    const network_t *n = band->network;
    int inputs = n->frames * n->bands;
    float x[(2 * MAX_CONTEXT + 1) * MAX_BANDS], h[MAX_HIDDEN];
    float mean = 0;
    for (int f = 0; f < n->frames; f++)
        for (int b = 0; b < n->bands; b++) mean += x[f * n->bands + b] = band->ring[f][b];
    mean /= (float)inputs;
    memcpy(h, n->b1, sizeof(float) * (size_t)n->hidden);
    for (int i = 0; i < inputs; i++) {
        float value = x[i] - mean;
        const float *row = n->w1 + (size_t)i * (size_t)n->hidden;
        for (int k = 0; k < n->hidden; k++) h[k] += value * row[k];
    }
    for (int j = 0; j < WIDE_BANDS; j++) wide[j] = n->b2[j] + mean;
    for (int k = 0; k < n->hidden; k++) {
        float value = tanhf(h[k]);
        const float *row = n->w2 + (size_t)k * WIDE_BANDS;
        for (int j = 0; j < WIDE_BANDS; j++) wide[j] += value * row[j];
    }
    /* What was heard is kept as it is, the network adds to it. */
    const float *now = band->ring[n->context];
    for (int b = 0; b < n->bands; b++) wide[b] += now[b] - mean;
}

static void cepstra(const band_t *band, float32 out[CEPSTRA])
{
    float wide[WIDE_BANDS];
    widen(band, wide);
    for (int i = 0; i < CEPSTRA; i++) {
        float value = 0;
        for (int j = 0; j < WIDE_BANDS; j++) value += band->network->dct[i][j] * wide[j];
        out[i] = value;
    }
}

/* Puts one frame into the ring; true when there is a middle frame to work on. */
static int push(band_t *band, const mfcc_t *frame)
{
    const network_t *n = band->network;
    size_t bytes = sizeof(float) * (size_t)n->bands;
    if (band->held == 0) {
        for (int f = 0; f < n->frames; f++) memcpy(band->ring[f], frame, bytes);
        band->held = n->context + 1;
        return n->context == 0;
    }
    memmove(band->ring[0], band->ring[1], sizeof band->ring[0] * (size_t)(n->frames - 1));
    memcpy(band->ring[n->frames - 1], frame, bytes);
    if (band->held < n->frames) band->held++;
    return band->held == n->frames;
}

int band_write(band_t *band, const int16 *samples, size_t count, float32 (*out)[CEPSTRA], int room)
{
    int written = 0;
    while (count > 0) {
        int32 frames = 64;
        int16 const *at = samples;
        size_t before = count;
        if (fe_process_frames(band->fe, &at, &count, band->buffer, &frames, NULL) < 0) break;
        samples = at;
        for (int f = 0; f < frames; f++)
            if (push(band, band->buffer[f]) && written < room) cepstra(band, out[written++]);
        if (frames == 0 && count == before) break;
    }
    return written;
}

int band_end(band_t *band, float32 (*out)[CEPSTRA], int room)
{
    int written = 0;
    int32 frames = 0;
    if (fe_end_utt(band->fe, band->buffer[0], &frames) >= 0 && frames > 0 && push(band, band->buffer[0]) && room > 0)
        cepstra(band, out[written++]);
    float last[MAX_BANDS];
    memcpy(last, band->ring[band->network->frames - 1], sizeof last);
    for (int f = 0; f < band->network->context && band->held > 0; f++)
        if (push(band, last) && written < room) cepstra(band, out[written++]);
    return written;
}
