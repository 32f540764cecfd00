/* Network: prefixes of addresses, all as IPv6. */
#include "service/network.h"

#include <arpa/inet.h>

#define ADDRESS_TEXT_MAXIMUM 64

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Not of the public internet. */
static const char *const special[] = {
    "0.0.0.0/8",      "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12",  "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15",  "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",          "100::/64",        "2001::/23",      "2001:db8::/32",  "3fff::/20",
    "5f00::/16",      "fc00::/7",        "fe80::/10",      "fec0::/10",      "ff00::/8",
    "64:ff9b:1::/48",
};

/* Prefixes whose addresses have an IPv4 address in them, which is then what counts. */
static const struct {
    const char *prefix;
    size_t offset; /* of the 4 bytes */
} embedding[] = {{"64:ff9b::/96", 12}, {"2002::/16", 2}};

enum status network_address_read(struct text text, uint8_t bytes[16])
{
    char copy[ADDRESS_TEXT_MAXIMUM];
    if (text.length == 0 || text.length >= sizeof copy) return STATUS_SYNTAX;
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    if (inet_pton(AF_INET6, copy, bytes) == 1) return STATUS_OK;
    uint8_t four[4];
    if (inet_pton(AF_INET, copy, four) != 1) return STATUS_SYNTAX;
    memcpy(bytes, mapped_prefix, sizeof mapped_prefix);
    memcpy(bytes + sizeof mapped_prefix, four, sizeof four);
    return STATUS_OK;
}

static enum status read_network(struct text text, struct network *network)
{
    struct text bits_text;
    int64_t bits;
    struct network found;
    struct text address = text_split(text, '/', &bits_text);
    bool is_mapped = memchr(address.bytes, ':', address.length) == NULL;
    int64_t width = is_mapped ? 32 : 128;
    TRY(network_address_read(address, found.bytes));
    if (address.length == text.length) {
        bits = width;
    } else if (amount_parse(bits_text, 0, &bits) != STATUS_OK || bits < 0 || bits > width) {
        return STATUS_SYNTAX;
    }
    found.bits = (unsigned)(is_mapped ? 96 + bits : bits);
    *network = found;
    return STATUS_OK;
}

enum status network_list_read(struct text text, struct network_list *list)
{
    struct network_list found = {.count = 0};
    while (text.length > 0) {
        size_t end = 0;
        while (end < text.length && text.bytes[end] != ',' && text.bytes[end] != ' ')
            end++;
        struct text one = {text.bytes, end};
        size_t taken = end < text.length ? end + 1 : end;
        text = (struct text){text.bytes + taken, text.length - taken};
        if (one.length == 0) continue;
        if (found.count == NETWORK_MAXIMUM) return STATUS_LIMIT;
        TRY(read_network(one, &found.items[found.count]));
        found.count++;
    }
    *list = found;
    return STATUS_OK;
}

static bool is_within(const struct network *network, const uint8_t bytes[16])
{
    unsigned whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(network->bytes, bytes, whole) != 0) return false;
    if (rest == 0) return true;
    unsigned mask = 0xffu << (8 - rest) & 0xffu;
    return ((unsigned)(network->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

static bool is_in(const char *prefix, const uint8_t bytes[16])
{
    struct network network;
    ASSERT(read_network(text_of(prefix), &network) == STATUS_OK);
    return is_within(&network, bytes);
}

static bool is_special(const uint8_t bytes[16])
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (is_in(special[i], bytes)) return true;
    }
    return false;
}

bool network_is_allowed(const struct network_list *allowed, const uint8_t bytes[16])
{
    for (uint32_t i = 0; i < allowed->count; i++) {
        if (is_within(&allowed->items[i], bytes)) return true;
    }
    if (is_special(bytes)) return false;
    for (size_t i = 0; i < sizeof embedding / sizeof *embedding; i++) {
        if (!is_in(embedding[i].prefix, bytes)) continue;
        uint8_t inner[16];
        memcpy(inner, mapped_prefix, sizeof mapped_prefix);
        memcpy(inner + sizeof mapped_prefix, bytes + embedding[i].offset, 4);
        return !is_special(inner);
    }
    return true;
}
