#include "checked.h"

static num place(num row, num n, bools columns, bools up, bools down) {
    if (row == n) return 1;
    num count = 0;
    for (num column = 0; column < n; column++) {
        if (!AT(columns, column) && !AT(up, ADD(row, column)) && !AT(down, ADD(SUB(row, column), n))) {
            AT(columns, column) = 1;
            AT(up, ADD(row, column)) = 1;
            AT(down, ADD(SUB(row, column), n)) = 1;
            count = ADD(count, place(ADD(row, 1), n, columns, up, down));
            AT(columns, column) = 0;
            AT(up, ADD(row, column)) = 0;
            AT(down, ADD(SUB(row, column), n)) = 0;
        }
    }
    return count;
}

int main(void) { printf("%ld\n", place(0, 13, new_bools(13), new_bools(26), new_bools(27))); }
