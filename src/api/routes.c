/* The list of all routes: the tables of the handlers' files, one after another. */
#include "api/handlers.h"

static const struct {
    const struct route *routes;
    const uint32_t *count;
} tables[] = {
#define X(name) {name##_routes, &name##_route_count},
    ROUTE_TABLE_LIST(X)
#undef X
};

const struct route *route_at(uint32_t index)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (index < *tables[i].count) return &tables[i].routes[index];
        index -= *tables[i].count;
    }
    return NULL;
}

uint32_t route_count(void)
{
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        count += *tables[i].count;
    return count;
}
