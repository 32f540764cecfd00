/* OpenAPI: the document 3.1 of the API, made from routes and shapes; nothing is written twice. */
#ifndef GUERDON_API_OPENAPI_H
#define GUERDON_API_OPENAPI_H

#include "api/route.h"

MUST_CHECK enum status openapi_write(struct arena *arena, struct text *json);

/* The JSON Schema of a shape, complete in itself; `more` are members of it, written already. */
MUST_CHECK enum status openapi_schema(struct arena *arena, const struct shape *shape,
                                      struct text more, struct text *json);

#endif
