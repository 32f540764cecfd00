/* Network: which addresses webhooks may be sent to.
 *
 * A webhook goes where a customer of the server says, from inside the operator's network: without
 * this, anybody who may register one could reach what only the inside may see. So every address
 * that is not of the public internet is refused, by the lists that IANA keeps (special-purpose
 * addresses, RFC 6890), unless the operator allows it. What is asked is the address that a socket
 * is about to be connected to, after the name was resolved: a name that changes its mind between a
 * check and the connection gains nothing.
 */
#ifndef GUERDON_SERVICE_NETWORK_H
#define GUERDON_SERVICE_NETWORK_H

#include "base/base.h"

#define NETWORK_MAXIMUM 32 /* allowed ones */

/* A prefix, IPv4 as IPv6 (::ffff:0:0/96). */
struct network {
    uint8_t bytes[16];
    unsigned bits;
};

struct network_list {
    struct network items[NETWORK_MAXIMUM];
    uint32_t count;
};

/* Where webhooks may go. */
struct reach {
    struct network_list allowed; /* beside the public internet */
    bool allows_http;            /* else https alone */
};

/* "10.1.0.0/16, 192.168.7.9 ::1/128": separated by commas or spaces. STATUS_SYNTAX, LIMIT. */
MUST_CHECK enum status network_list_read(struct text text, struct network_list *list);
/* An address as text, without brackets. STATUS_SYNTAX: it is none (it may be a name). */
MUST_CHECK enum status network_address_read(struct text text, uint8_t bytes[16]);
/* May a webhook be sent there? */
bool network_is_allowed(const struct network_list *allowed, const uint8_t bytes[16]);

#endif
