#include "checked.h"

typedef struct { floats *items; num len; } rows;

static rows filled(num n, double by) {
    rows all = { malloc(n * sizeof(floats)), n };
    for (num i = 0; i < n; i++) {
        floats row = new_floats(n);
        for (num j = 0; j < n; j++) AT(row, j) = (double)ADD(MUL(i, n), j) * by;
        AT(all, i) = row;
    }
    return all;
}

static rows product(rows a, rows b) {
    num n = a.len;
    rows all = { malloc(n * sizeof(floats)), n };
    for (num i = 0; i < n; i++) {
        floats row = new_floats(n);
        for (num j = 0; j < n; j++) {
            double sum = 0;
            for (num k = 0; k < n; k++) sum += AT(AT(a, i), k) * AT(AT(b, k), j);
            AT(row, j) = sum;
        }
        AT(all, i) = row;
    }
    return all;
}

int main(void) {
    rows c = product(filled(700, 0.001), filled(700, 0.002));
    printf("%.17g\n", AT(AT(c, 17), 23) + AT(AT(c, 400), 499));
}
