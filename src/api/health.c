/* What a machine asks of a server: is it alive, does it serve, how does it do, what does it offer.
 */
#include "api/handlers.h"
#include "api/server.h"

#define METRICS_BYTES_MAXIMUM ((size_t)16 << 20)

struct health_body {
    struct text status;
};
static const struct field health_fields[] = {
    SHAPE_FIELD(health_body, status, TEXT, .is_required = true, .description = "`ok`.",
                .example = "\"ok\""),
};
static const struct shape health_shape =
    SHAPE("Health", "The server answers.", health_body, health_fields);

static enum next begin_health(struct request *request)
{
    struct health_body body = {TEXT("ok")};
    request_reply(request, 200, &health_shape, &body);
    return NEXT_REPLIED;
}

static enum next begin_ready(struct request *request)
{
    struct health_body body = {TEXT("ok")};
    for (uint32_t i = 0; i < request->api->host_count; i++) {
        struct service_figures figures;
        service_figures(request->api->hosts[i].service, &figures);
        if (!figures.is_recovering) continue;
        request_problem(request, PROBLEM_UNAVAILABLE, "the store of programme %s recovers",
                        request->api->hosts[i].id);
        return NEXT_REPLIED;
    }
    request_reply(request, 200, &health_shape, &body);
    return NEXT_REPLIED;
}

static enum next begin_metrics(struct request *request)
{
    struct buffer out;
    buffer_init(&out, METRICS_BYTES_MAXIMUM);
    struct text text = {NULL, 0};
    if (metrics_write(request->api, &out) == STATUS_OK)
        text = arena_copy(request->arena, buffer_text(&out));
    buffer_release(&out);
    if (text.bytes == NULL) {
        request_problem(request, PROBLEM_INTERNAL, "the figures do not fit into memory");
    } else {
        request_reply_text(request, 200, TEXT("text/plain; version=0.0.4; charset=utf-8"), text);
    }
    return NEXT_REPLIED;
}

static enum next begin_document(struct request *request)
{
    request_reply_json(request, 200, request->api->document);
    return NEXT_REPLIED;
}

struct problem_page {
    struct text code;
    int64_t status;
    struct text title;
    struct text advice;
};
static const struct field problem_page_fields[] = {
    SHAPE_FIELD(problem_page, code, TEXT, .is_required = true, .description = "The stable code."),
    SHAPE_FIELD(problem_page, status, INTEGER, .is_required = true, .minimum = 400, .maximum = 599,
                .description = "The HTTP status that it comes with."),
    SHAPE_FIELD(problem_page, title, TEXT, .is_required = true, .description = "What it means."),
    SHAPE_FIELD(problem_page, advice, TEXT, .is_required = true, .description = "What to do."),
};
static const struct shape problem_page_shape =
    SHAPE("ProblemPage", "What a code means.", problem_page, problem_page_fields);

static enum next begin_problem(struct request *request)
{
    const struct problem_kind *kind = problem_find(request->path[0]);
    struct problem_body body = {.status = 0};
    if (kind == NULL) {
        request_problem(request, PROBLEM_NOT_FOUND, "there is no problem of this code");
        return NEXT_REPLIED;
    }
    problem_fill(&body, kind, request->arena);
    struct problem_page page = {body.code, body.status, body.title, body.advice};
    request_reply(request, 200, &problem_page_shape, &page);
    return NEXT_REPLIED;
}

static const struct route_reply health_replies[] = {
    {200, &health_shape, NULL, "It is well."},
};
static const struct route_reply metrics_replies[] = {
    {200, NULL, "text/plain", "Figures in Prometheus' text format."},
};
static const struct route_reply document_replies[] = {
    {200, NULL, "application/json", "The OpenAPI 3.1 document."},
};
static const struct route_reply problem_replies[] = {
    {200, &problem_page_shape, NULL, "The problem, explained."},
};

const struct route health_routes[] = {
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/healthz",
        .operation = "getHealth",
        .tag = "server",
        .summary = "Is the process alive?",
        ROUTE_REPLIES(health_replies),
        .begin = begin_health,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/readyz",
        .operation = "getReadiness",
        .tag = "server",
        .summary = "Does it take writes?",
        .description = "503 while a store recovers.",
        ROUTE_REPLIES(health_replies),
        .begin = begin_ready,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/metrics",
        .operation = "getMetrics",
        .tag = "server",
        .summary = "Figures for Prometheus",
        ROUTE_REPLIES(metrics_replies),
        .begin = begin_metrics,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/openapi.json",
        .operation = "getDocument",
        .tag = "server",
        .summary = "This document",
        ROUTE_REPLIES(document_replies),
        .begin = begin_document,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/problems/{code}",
        .operation = "getProblem",
        .tag = "server",
        .summary = "What the code of a problem means",
        ROUTE_REPLIES(problem_replies),
        .begin = begin_problem,
    },
};
const uint32_t health_route_count = sizeof health_routes / sizeof *health_routes;
