/* Names: variables, constants, types and functions, each looked up in the container first.
 *
 * In the container "a.b" the name x may be a.b.x, a.x or x, in this order; ".x" is x alone. Of a
 * name with dots the longest beginning that is declared is the name, and the rest selects fields:
 * with "a.b.c" declared, a.b.c is that variable even if "a" is one too. What a macro declares (the
 * x of all(x, ...)) hides all of these.
 */
#include "cel/check.h"

static const struct cel_scope *find_local(const struct cel_checker *checker, struct text name)
{
    for (const struct cel_scope *scope = checker->scope; scope != NULL; scope = scope->outer)
        if (text_equal(scope->name, name)) return scope;
    return NULL;
}

/* The container's next outer one: "a.b" -> "a" -> "". */
static struct text outer_container(struct text container)
{
    while (container.length > 0 && container.bytes[container.length - 1] != '.')
        container.length--;
    if (container.length > 0) container.length--;
    return container;
}

static struct text in_container(struct cel_checker *checker, struct text container,
                                struct text name)
{
    if (text_is_empty(container)) return name;
    struct text joined =
        arena_format(checker->arena, "%.*s.%.*s", TEXT_ARGUMENTS(container), TEXT_ARGUMENTS(name));
    if (joined.bytes != NULL) return joined;
    checker->out_of_memory = true;
    return name;
}

static const struct cel_declared_name *find_name(struct cel_checker *checker, struct text name,
                                                 bool is_absolute)
{
    struct text container = is_absolute ? TEXT("") : checker->container;
    for (;; container = outer_container(container)) {
        const struct cel_declared_name *found =
            cel_find_name(checker->environment, in_container(checker, container, name));
        if (found != NULL || text_is_empty(container)) return found;
    }
}

const struct cel_declared_function *cel_check_find_function(struct cel_checker *checker,
                                                            struct text name, bool is_absolute)
{
    struct text container = is_absolute ? TEXT("") : checker->container;
    for (;; container = outer_container(container)) {
        const struct cel_declared_function *found =
            cel_find_function(checker->environment, in_container(checker, container, name));
        if (found != NULL || text_is_empty(container)) return found;
    }
}

static void become(struct cel_checker *checker, struct cel_node *node,
                   const struct cel_declared_name *declared, bool is_absolute)
{
    node->kind = CEL_NODE_IDENTIFIER;
    node->identifier.name = declared->name;
    node->identifier.is_absolute = is_absolute;
    node->identifier.local = NULL;
    node->identifier.slot = declared->slot;
    node->identifier.found = declared->is_constant ? CEL_NAME_CONSTANT : CEL_NAME_VARIABLE;
    if (declared->is_constant) {
        node->constant = declared->constant;
        node->is_constant = true;
    }
    /* A host may declare a variable of type set(T): each use may turn out to be of another. */
    const struct cel_type *letters[26] = {0};
    cel_check_give(checker, node, cel_check_instantiate(checker, declared->type, letters));
}

void cel_check_identifier(struct cel_checker *checker, struct cel_node *node)
{
    struct text name = node->identifier.name;
    bool is_absolute = node->identifier.is_absolute;
    const struct cel_scope *local = is_absolute ? NULL : find_local(checker, name);
    if (local != NULL) {
        node->identifier.found = CEL_NAME_LOCAL;
        node->identifier.local = local->comprehension;
        cel_check_give(checker, node, local->type);
        return;
    }
    const struct cel_declared_name *declared = find_name(checker, name, is_absolute);
    if (declared != NULL) {
        become(checker, node, declared, is_absolute);
        return;
    }
    cel_check_unknown_name(checker, node->position, name);
    cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
}

/* Letters, digits and underscores: what may stand in a name with dots. */
static bool is_plain(struct text field)
{
    for (size_t i = 0; i < field.length; i++) {
        char byte = field.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!is_letter && byte != '_' && !(byte >= '0' && byte <= '9')) return false;
    }
    return true;
}

/* Length of a.b.c as one name, 0 if it is none; `*root` is the node of `a`. */
static size_t qualified_length(const struct cel_node *node, const struct cel_node **root)
{
    size_t length = 0;
    while (node->kind == CEL_NODE_SELECT) {
        bool is_name = !node->select.is_test && !node->select.is_optional;
        if (!is_name || !is_plain(node->select.field)) return 0;
        length += node->select.field.length + 1;
        node = node->select.operand;
    }
    *root = node;
    return node->kind == CEL_NODE_IDENTIFIER ? length + node->identifier.name.length : 0;
}

struct text cel_check_qualified_name(struct cel_checker *checker, const struct cel_node *node,
                                     bool *is_absolute)
{
    const struct cel_node *root = NULL;
    size_t length = qualified_length(node, &root);
    if (length == 0) return TEXT("");
    *is_absolute = root->identifier.is_absolute;
    if (!*is_absolute && find_local(checker, root->identifier.name) != NULL) return TEXT("");
    if (node == root) return root->identifier.name;
    char *bytes = arena_allocate(checker->arena, length);
    if (bytes == NULL) {
        checker->out_of_memory = true;
        return TEXT("");
    }
    size_t end = length;
    for (; node->kind == CEL_NODE_SELECT; node = node->select.operand) {
        end -= node->select.field.length;
        memcpy(bytes + end, node->select.field.bytes, node->select.field.length);
        bytes[--end] = '.';
    }
    memcpy(bytes, root->identifier.name.bytes, root->identifier.name.length);
    return (struct text){bytes, length};
}

bool cel_check_begins_with_name(struct cel_checker *checker, const struct cel_node *node)
{
    for (;; node = node->select.operand) {
        bool is_absolute = false;
        struct text name = cel_check_qualified_name(checker, node, &is_absolute);
        if (text_is_empty(name) || find_name(checker, name, is_absolute) != NULL) return true;
        if (node->kind != CEL_NODE_SELECT) return false;
    }
}

/* Is the whole of a.b.c one declared name? Then the node becomes it. */
static bool is_one_name(struct cel_checker *checker, struct cel_node *node)
{
    bool is_absolute = false;
    struct text name = cel_check_qualified_name(checker, node, &is_absolute);
    if (text_is_empty(name)) return false;
    const struct cel_declared_name *declared = find_name(checker, name, is_absolute);
    if (declared == NULL) return false;
    become(checker, node, declared, is_absolute);
    return true;
}

static bool is_name_tested(struct cel_checker *checker, struct cel_node *node)
{
    node->select.is_test = false;
    bool is_absolute = false;
    struct text name = cel_check_qualified_name(checker, node, &is_absolute);
    node->select.is_test = true;
    if (text_is_empty(name) || find_name(checker, name, is_absolute) == NULL) return false;
    cel_problem_add(checker->problems, node->position,
                    "has() asks whether an object has a field; '%.*s' is a name of its own",
                    TEXT_ARGUMENTS(name));
    return true;
}

/* The type of a field of something of that type. */
static const struct cel_type *field_type(struct cel_checker *checker, struct cel_node *node,
                                         const struct cel_type *type)
{
    const struct cel_type *dyn = cel_type_simple(CEL_TYPE_DYN);
    switch (type->kind) {
    case CEL_TYPE_MAP:
        return type->parameter_count == 2 ? type->parameters[1] : dyn;
    case CEL_TYPE_OBJECT: {
        const struct cel_declared_field *field =
            cel_find_field(checker->environment, type->object, node->select.field);
        if (field == NULL) break;
        node->select.field_id = field->field_id;
        return field->type;
    }
    case CEL_TYPE_VARIABLE:
        (void)cel_check_assignable(checker, dyn, type);
        return dyn;
    case CEL_TYPE_DYN:
    case CEL_TYPE_ERROR:
        return dyn;
    default:
        break;
    }
    cel_check_unknown_field(checker, node->position, type, node->select.field);
    return cel_type_simple(CEL_TYPE_ERROR);
}

void cel_check_select(struct cel_checker *checker, struct cel_node *node)
{
    node->select.field_id = UINT32_MAX;
    bool is_test = node->select.is_test;
    if (!is_test && is_one_name(checker, node)) return;
    if (is_test && is_name_tested(checker, node)) {
        cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
        return;
    }
    cel_check_node(checker, node->select.operand);
    const struct cel_type *operand = cel_check_known(checker, node->select.operand->type);
    bool is_optional = operand->kind == CEL_TYPE_OPTIONAL;
    if (is_optional)
        operand = operand->parameter_count == 0 ? cel_type_simple(CEL_TYPE_DYN)
                                                : cel_check_known(checker, operand->parameters[0]);
    const struct cel_type *type = field_type(checker, node, operand);
    if (is_test) {
        type = cel_type_simple(CEL_TYPE_BOOL);
    } else if (is_optional || node->select.is_optional) {
        type = cel_type_with(checker->arena, CEL_TYPE_OPTIONAL,
                             cel_type_simple(CEL_TYPE_OPTIONAL)->name, &type, 1);
    }
    cel_check_give(checker, node, type);
}
