#include "checked.h"

static int inside(double cx, double cy) {
    double x = 0, y = 0;
    for (num n = 0; n < 50; n++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4) return 0;
        y = 2 * x * y + cy;
        x = xx - yy + cx;
    }
    return 1;
}

int main(void) {
    num n = 2000, count = 0;
    for (num i = 0; i < n; i++)
        for (num j = 0; j < n; j++)
            if (inside(2.0 * (double)j / (double)n - 1.5, 2.0 * (double)i / (double)n - 1)) count = ADD(count, 1);
    printf("%ld\n", count);
}
