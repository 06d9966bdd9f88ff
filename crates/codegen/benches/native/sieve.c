#include "checked.h"

static num primes(num below) {
    bools composite = new_bools(below);
    num count = 0;
    for (num n = 2; n < below; n++) {
        if (!AT(composite, n)) {
            count = ADD(count, 1);
            num multiple = MUL(n, n);
            while (multiple < below) {
                AT(composite, multiple) = 1;
                multiple = ADD(multiple, n);
            }
        }
    }
    free(composite.items);
    return count;
}

int main(void) {
    num sum = 0;
    for (num round = 0; round < 60; round++) sum = ADD(sum, primes(ADD(2000000, round)));
    printf("%ld\n", sum);
}
