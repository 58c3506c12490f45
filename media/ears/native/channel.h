/*
 * What the telephone adds to a voice: a constant cepstrum, which is the mean of what was heard and is taken away.
 * Everything depends on it. While an utterance is being spoken the mean is a guess, from average telephones and from
 * what this speaker said before; when it is over it is known.
 */
#ifndef JACKFIELD_CHANNEL_H
#define JACKFIELD_CHANNEL_H

#include "band.h"

typedef struct {
    double past[CEPSTRA]; /* the mean as known before this utterance */
    double trust;         /* how many frames that is worth */
    double own;           /* how many of them were this speaker's own, not an average telephone's */
    double sum[CEPSTRA];  /* of this utterance */
    double count;
} channel_t;

void channel_start(channel_t *channel, const float *average);
/* Begins an utterance: what was learnt in the last one becomes the past. */
void channel_begin(channel_t *channel);
/* Takes one more cepstrum of the utterance into account. */
void channel_learn(channel_t *channel, const float32 raw[CEPSTRA]);
/* The mean as it can be known in the middle of the utterance. */
void channel_guess(const channel_t *channel, double mean[CEPSTRA]);
/* The mean when the utterance is over. */
void channel_known(const channel_t *channel, double mean[CEPSTRA]);
/* `clean` = `raw` without the channel. */
void channel_remove(const double mean[CEPSTRA], const float32 raw[CEPSTRA], float32 clean[CEPSTRA]);

#endif
