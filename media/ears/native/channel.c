#include "channel.h"

#include <string.h>

/* How many frames (10 ms) the average telephone is worth, a speaker's past at most, and both when all was heard. */
static const double prior_worth = 60, past_worth = 500, prior_worth_at_end = 5, past_worth_at_end = 60;

static void blend(const channel_t *channel, double trust, double mean[CEPSTRA])
{
    for (int i = 0; i < CEPSTRA; i++)
        mean[i] = (channel->past[i] * trust + channel->sum[i]) / (trust + channel->count);
}

void channel_start(channel_t *channel, const float *average)
{
    memset(channel, 0, sizeof *channel);
    for (int i = 0; i < CEPSTRA; i++) channel->past[i] = average[i];
    channel->trust = prior_worth;
}

void channel_begin(channel_t *channel)
{
    if (channel->count == 0) return;
    double mean[CEPSTRA];
    blend(channel, channel->trust, mean);
    memcpy(channel->past, mean, sizeof mean);
    channel->own += channel->count;
    channel->trust += channel->count;
    if (channel->trust > past_worth) channel->trust = past_worth;
    memset(channel->sum, 0, sizeof channel->sum);
    channel->count = 0;
}

void channel_learn(channel_t *channel, const float32 raw[CEPSTRA])
{
    for (int i = 0; i < CEPSTRA; i++) channel->sum[i] += raw[i];
    channel->count += 1;
}

void channel_guess(const channel_t *channel, double mean[CEPSTRA]) { blend(channel, channel->trust, mean); }

void channel_known(const channel_t *channel, double mean[CEPSTRA])
{
    double worth = channel->own < past_worth_at_end ? channel->own : past_worth_at_end;
    blend(channel, worth < prior_worth_at_end ? prior_worth_at_end : worth, mean);
}

void channel_remove(const double mean[CEPSTRA], const float32 raw[CEPSTRA], float32 clean[CEPSTRA])
{
    for (int i = 0; i < CEPSTRA; i++) clean[i] = (float32)(raw[i] - mean[i]);
}
