/* Schema: is a JSON value what the OpenAPI document says that it is? As much of JSON Schema as the
 * document uses, strictly: a keyword that is not known here, or a member that the document does not
 * name, is a finding.
 */
#ifndef GUERDON_TESTS_API_SCHEMA_H
#define GUERDON_TESTS_API_SCHEMA_H

#include <yyjson.h>

#include "base/base.h"

/* Empty when `value` fits the schema at that place of the document; else what does not, with its
 * place. */
struct text schema_check(struct arena *arena, yyjson_val *document, yyjson_val *schema,
                         yyjson_val *value);
/* The schema of a reply: of the path's pattern, the method in small letters, the status. NULL when
 * the document has none of that content type. `*is_documented`: the operation is there. */
yyjson_val *schema_of_reply(yyjson_val *document, const char *method, struct text path, int status,
                            struct text content_type, bool *is_documented);

#endif
