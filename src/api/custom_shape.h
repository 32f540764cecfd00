/* Events of the programme's own as JSON: the type is the id that the programme gives it, and `data`
 * holds the fields that it declares.
 *
 *   {"type": "review", "member": "m1", "data": {"rating": 5, "price": "12.50 USD"}}
 *
 * A value must be of its field's declared type; what is not declared is a mistake with its place.
 * What is recorded is read by name and type, whatever the programme declares by then.
 */
#ifndef GUERDON_API_CUSTOM_SHAPE_H
#define GUERDON_API_CUSTOM_SHAPE_H

#include "api/event_shape.h"

/* Fills the event's name and values. Does nothing but check that there is no `data` for the others.
 * What does not fit its declaration is noted in converter->undeclared, and the event has no name.
 */
MUST_CHECK enum status convert_custom(const struct converter *converter,
                                      const struct event_body *body, struct event *event);
/* Fills the event's values from an object of the fields that `custom` declares; `whole`: its place.
 * What does not fit is noted in converter->undeclared. */
MUST_CHECK enum status convert_values(const struct converter *converter,
                                      const struct custom_event *custom, const struct place *whole,
                                      yyjson_val *data, struct event *event);
/* `data` as it was sent, in the order of its names: the same data give the same text. */
MUST_CHECK enum status custom_data_sent(yyjson_val *data, struct arena *arena, struct text *text);
/* The values of an event as a JSON object; bytes NULL: it has none. */
MUST_CHECK enum status custom_data_text(const struct event *event, struct arena *arena,
                                        struct text *json);

#endif
