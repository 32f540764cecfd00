/* WANT: header */
int x;
