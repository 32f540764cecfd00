// The only C++ of the project: RE2 behind plain C functions, and std::to_chars and std::from_chars.
//
// It includes cxx.h and no other header of ours. Nothing that C++ throws leaves it: a pattern that
// finds no memory is refused like one that is not valid, and a search that finds none finds nothing.
// RE2 works in linear time and within the memory that it is given, whatever the pattern: when its
// automaton grows past that, it goes on more slowly with another one.
#include "cel/cxx.h"

#include <charconv>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include <re2/re2.h>
#include <re2/stringpiece.h>

struct cel_pattern {
    RE2 expression;
    cel_pattern(re2::StringPiece text, const RE2::Options &options) : expression(text, options)
    {
    }
};

namespace
{

void tell(char *message, size_t message_bytes, std::string_view words)
{
    if (message_bytes == 0) return;
    size_t length = words.size() < message_bytes ? words.size() : message_bytes - 1;
    std::memcpy(message, words.data(), length);
    message[length] = '\0';
}

RE2::Options options_within(int64_t memory_bytes)
{
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(memory_bytes);
    return options;
}

} // namespace

extern "C" {

struct cel_pattern *cel_cxx_pattern_new(const char *bytes, size_t length, int64_t memory_bytes,
                                        char *message, size_t message_bytes)
{
    cel_pattern *pattern = nullptr;
    try {
        pattern = new cel_pattern(re2::StringPiece(bytes, length), options_within(memory_bytes));
        if (pattern->expression.ok()) return pattern;
        tell(message, message_bytes, pattern->expression.error());
    } catch (...) {
        tell(message, message_bytes, "out of memory");
    }
    delete pattern;
    return nullptr;
}

void cel_cxx_pattern_free(struct cel_pattern *pattern)
{
    delete pattern;
}

uint32_t cel_cxx_pattern_size(const struct cel_pattern *pattern)
{
    return static_cast<uint32_t>(pattern->expression.ProgramSize());
}

bool cel_cxx_pattern_finds(const struct cel_pattern *pattern, const char *bytes, size_t length)
{
    try {
        return RE2::PartialMatch(re2::StringPiece(bytes, length), pattern->expression);
    } catch (...) {
        return false;
    }
}

size_t cel_cxx_double_format(double number, enum cel_cxx_layout layout, int precision, char *out,
                             size_t room)
{
    std::to_chars_result result{out, std::errc::value_too_large};
    switch (layout) {
    case CEL_CXX_FIXED_SHORTEST:
        result = std::to_chars(out, out + room, number, std::chars_format::fixed);
        break;
    case CEL_CXX_SCIENTIFIC_SHORTEST:
        result = std::to_chars(out, out + room, number, std::chars_format::scientific);
        break;
    case CEL_CXX_FIXED:
        result = std::to_chars(out, out + room, number, std::chars_format::fixed, precision);
        break;
    case CEL_CXX_SCIENTIFIC:
        result = std::to_chars(out, out + room, number, std::chars_format::scientific, precision);
        break;
    }
    return result.ec == std::errc() ? static_cast<size_t>(result.ptr - out) : 0;
}

bool cel_cxx_double_parse(const char *bytes, size_t length, double *number)
{
    double read = 0;
    const char *end = bytes + length;
    std::from_chars_result result = std::from_chars(bytes, end, read);
    if (result.ec != std::errc() || result.ptr != end) return false;
    *number = read;
    return true;
}

} // extern "C"
