#include "base/base.h" /* WANT: header */

int main(void)
{
    return atoi("1"); /* WANT: banned-call */
}
