/* The bytes of an event, for those who write them into a record; see event_codec.c. */
#ifndef GUERDON_ENGINE_EVENT_CODEC_H
#define GUERDON_ENGINE_EVENT_CODEC_H

#include "engine/event.h"

/* At least as many bytes as write_event takes. */
size_t event_room(const struct event *event);
/* Appends the event at `to`, where the caller has made room, and answers the new end. */
uint8_t *write_event(uint8_t *to, const struct event *event);
/* True if the lists are no longer than the engine takes, so that what is written can be read. */
bool event_lists_fit(const struct event *event);

#endif
