/* Inside: what a test does to a server of its own process without a request. */
#ifndef GUERDON_TESTS_API_INSIDE_H
#define GUERDON_TESTS_API_INSIDE_H

#include "api/api.h"

/* Publishes a version of the first programme, in force from now on by the machine's clock. */
MUST_CHECK enum status inside_publish(struct api *api, const char *program);

#endif
