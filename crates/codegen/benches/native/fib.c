#include "checked.h"

static num fib(num n) { return n < 2 ? n : ADD(fib(SUB(n, 1)), fib(SUB(n, 2))); }

int main(void) { printf("%ld\n", fib(41)); }
