#include "checked.h"

static void swap(nums of, num i, num j) {
    num kept = AT(of, i);
    AT(of, i) = AT(of, j);
    AT(of, j) = kept;
}

static num permute(num n, nums of) {
    num count = 1;
    if (n != 0) {
        count = ADD(count, permute(SUB(n, 1), of));
        for (num k = 0; k < n; k++) {
            swap(of, SUB(n, 1), k);
            count = ADD(count, permute(SUB(n, 1), of));
            swap(of, SUB(n, 1), k);
        }
    }
    return count;
}

int main(void) {
    num sum = 0;
    for (num round = 0; round < 20; round++) {
        nums of = new_nums(9);
        for (num k = 0; k < 9; k++) AT(of, k) = k;
        sum = ADD(sum, permute(9, of));
        free(of.items);
    }
    printf("%ld\n", sum);
}
