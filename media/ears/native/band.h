/*
 * The front end: 8 kHz telephone speech in, cepstra as the 16 kHz acoustic model knows them out.
 *
 * The model was trained on 130-6800 Hz; a telephone carries up to 3400-3800 Hz. The missing mel bands are estimated
 * from those that are there by a small network (bands.txt; bench/ears makes it).
 */
#ifndef JACKFIELD_BAND_H
#define JACKFIELD_BAND_H

#include <sphinxbase/fe.h>

#define CEPSTRA 13
#define WIDE_BANDS 25

/* What was learnt about telephones; shared by all taps. */
typedef struct network network_t;
/* One speaker's front end. */
typedef struct band band_t;

/* Reads the network from a text file; NULL when it cannot be read. */
network_t *network_read(const char *path);
/* The cepstral mean of an average telephone. */
const float *network_mean(const network_t *network);

band_t *band_new(network_t *network, cmd_ln_t *front_end);
void band_free(band_t *band);
/* Begins an utterance. */
void band_begin(band_t *band);
/* Takes samples; returns how many vectors of CEPSTRA were written to `out`, at most `room`. */
int band_write(band_t *band, const int16 *samples, size_t count, float32 (*out)[CEPSTRA], int room);
/* Ends the utterance; returns the last vectors. */
int band_end(band_t *band, float32 (*out)[CEPSTRA], int room);

#endif
