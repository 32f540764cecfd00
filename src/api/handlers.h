/* The handlers' tables of routes, one topic a file, in the order of the document. A new file of
 * handlers is named here, once.
 */
#ifndef GUERDON_API_HANDLERS_H
#define GUERDON_API_HANDLERS_H

#include "api/request.h"

#define ROUTE_TABLE_LIST(X)                                                                        \
    X(change)                                                                                      \
    X(event)                                                                                       \
    X(evaluate)                                                                                    \
    X(order_quote)                                                                                 \
    X(order_confirm)                                                                               \
    X(order_change)                                                                                \
    X(order_read)                                                                                  \
    X(redemption)                                                                                  \
    X(member)                                                                                      \
    X(member_act)                                                                                  \
    X(member_read)                                                                                 \
    X(programme)                                                                                   \
    X(webhook)                                                                                     \
    X(webhook_delivery)                                                                            \
    X(health)

#define X(name)                                                                                    \
    extern const struct route name##_routes[];                                                     \
    extern const uint32_t name##_route_count;
ROUTE_TABLE_LIST(X)
#undef X

#endif
