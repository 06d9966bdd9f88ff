#include "checked.h"
#include <math.h>

static double element(num i, num j) {
    return 1.0 / (double)ADD(ADD(MUL(ADD(i, j), ADD(ADD(i, j), 1)) / 2, i), 1);
}

static void times(floats v, floats out) {
    for (num i = 0; i < v.len; i++) {
        double sum = 0;
        for (num j = 0; j < v.len; j++) sum += element(i, j) * AT(v, j);
        AT(out, i) = sum;
    }
}

static void times_transposed(floats v, floats out) {
    for (num i = 0; i < v.len; i++) {
        double sum = 0;
        for (num j = 0; j < v.len; j++) sum += element(j, i) * AT(v, j);
        AT(out, i) = sum;
    }
}

int main(void) {
    num n = 2500;
    floats u = new_floats(n), v = new_floats(n), between = new_floats(n);
    for (num i = 0; i < n; i++) AT(u, i) = AT(v, i) = AT(between, i) = 1;
    for (num round = 0; round < 10; round++) {
        times(u, between);
        times_transposed(between, v);
        times(v, between);
        times_transposed(between, u);
    }
    double vbv = 0, vv = 0;
    for (num i = 0; i < n; i++) {
        vbv += AT(u, i) * AT(v, i);
        vv += AT(v, i) * AT(v, i);
    }
    printf("%.17g\n", sqrt(vbv / vv));
}
