/* Routes: matching. The path is cut into segments once and compared with each pattern that has as
 * many; there are a few dozen, and most differ in the first two.
 */
#include "api/route.h"

static bool is_parameter(struct text segment)
{
    return segment.length > 0 && segment.bytes[0] == '{';
}

struct text route_parameter_name(const struct route *route, uint32_t index)
{
    struct text path = text_of(route->pattern);
    struct text segment;
    while (http_path_next(&path, &segment)) {
        if (!is_parameter(segment)) continue;
        if (index-- == 0) return (struct text){segment.bytes + 1, segment.length - 2};
    }
    return TEXT("");
}

/* Segments of the path; ROUTE_SEGMENT_MAXIMUM + 1 when there are too many. */
static uint32_t cut(struct text path, struct text segments[ROUTE_SEGMENT_MAXIMUM])
{
    uint32_t count = 0;
    struct text segment;
    while (http_path_next(&path, &segment)) {
        if (count == ROUTE_SEGMENT_MAXIMUM) return ROUTE_SEGMENT_MAXIMUM + 1;
        segments[count++] = segment;
    }
    return count;
}

static bool fits(const struct route *route, const struct text *segments, uint32_t count,
                 struct route_match *match)
{
    struct text path = text_of(route->pattern);
    struct text part;
    uint32_t at = 0;
    uint32_t parameter_count = 0;
    while (http_path_next(&path, &part)) {
        if (at == count) return false;
        struct text segment = segments[at++];
        if (!is_parameter(part)) {
            if (!text_equal(part, segment)) return false;
            continue;
        }
        if (segment.length == 0 || parameter_count == ROUTE_PARAMETER_MAXIMUM) return false;
        match->parameters[parameter_count++] = segment;
    }
    match->parameter_count = parameter_count;
    return at == count;
}

static const char *find_nearest(struct text path)
{
    struct text patterns[ROUTE_MAXIMUM];
    uint32_t count = route_count();
    ASSERT(count <= ROUTE_MAXIMUM);
    for (uint32_t i = 0; i < count; i++)
        patterns[i] = text_of(route_at(i)->pattern);
    int nearest = text_nearest(path, patterns, count);
    return nearest < 0 ? NULL : route_at((uint32_t)nearest)->pattern;
}

/* A literal segment comes before a parameter: "/v1/members/lookup" before "/v1/members/{id}". */
static bool is_better(const struct route *route, const struct route *than)
{
    if (than == NULL) return true;
    return strchr(route->pattern, '{') == NULL && strchr(than->pattern, '{') != NULL;
}

void route_find(enum http_method method, struct text path, struct route_match *match)
{
    struct text segments[ROUTE_SEGMENT_MAXIMUM];
    const struct route *route;
    *match = (struct route_match){NULL};
    uint32_t count = cut(path, segments);
    if (method == HTTP_METHOD_HEAD) method = HTTP_METHOD_GET;
    if (count > ROUTE_SEGMENT_MAXIMUM) return;
    for (uint32_t i = 0; (route = route_at(i)) != NULL; i++) {
        struct route_match found = {.route = route, .index = i};
        if (route->method != method || !is_better(route, match->route)) continue;
        if (fits(route, segments, count, &found)) *match = found;
    }
    if (match->route != NULL) return;
    for (uint32_t i = 0; (route = route_at(i)) != NULL; i++) {
        struct route_match found = {NULL};
        if (fits(route, segments, count, &found)) match->methods |= 1u << route->method;
    }
    if (match->methods == 0) match->nearest = find_nearest(path);
}
