/* What the files of explanations share: explain.c finds what decided, explain_text.c says it. */
#ifndef GUERDON_CEL_EXPLAIN_H
#define GUERDON_CEL_EXPLAIN_H

#include "cel/plan.h"

struct cel_explainer {
    const struct cel_node *root;
    struct cel_evaluation evaluation; /* with steps of its own */
    struct cel_value *variables;      /* the host's, then the locals around what is explained */
    uint32_t variable_count;
    uint32_t variable_capacity;
    const struct cel_outer *outer;
    struct buffer *out;
    enum status status; /* the first failure; nothing is written after it */
};

/* The value of a part, with the locals around it. */
struct cel_value cel_explainer_value(struct cel_explainer *explainer, const struct cel_node *node);

void cel_explain_text(struct cel_explainer *explainer, const char *text);
/* A part as it was written, on one line. */
void cel_explain_node(struct cel_explainer *explainer, const struct cel_node *node);
/* A value; money and decimals as a person writes them, objects by their level, id or name. */
void cel_explain_value(struct cel_explainer *explainer, struct cel_value value);
/* The values of what a comparison or call got: ": 42.10 >= 50.00", ": member.id is 'a'"; false when
 * there is nothing that the part's own text does not say. For one that `is_true` an equality has
 * nothing to add. */
bool cel_explain_operands(struct cel_explainer *explainer, const struct cel_node *node,
                          bool is_true);

#endif
