/* JSON lines: texts as JSON has them, for verbs that write or keep JSON. */
#include "cli/json_line.h"

enum status json_line_text(struct buffer *out, struct text text)
{
    TRY(buffer_add_byte(out, '"'));
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte == '"' || byte == '\\') TRY(buffer_add_byte(out, '\\'));
        if (byte < ' ') {
            TRY(buffer_add_format(out, "\\u%04x", byte));
        } else {
            TRY(buffer_add_byte(out, (char)byte));
        }
    }
    return buffer_add_byte(out, '"');
}
