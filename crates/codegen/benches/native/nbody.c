#include "checked.h"
#include <math.h>

typedef struct { double x, y, z, vx, vy, vz, mass; } body;
typedef struct { body **items; num len; } system_;

static void pull(body *of, double dx, double dy, double dz, double by) {
    of->vx += dx * by;
    of->vy += dy * by;
    of->vz += dz * by;
}

static void advance(system_ bodies, double dt) {
    for (num i = 0; i < bodies.len; i++) {
        body *a = AT(bodies, i);
        for (num j = ADD(i, 1); j < bodies.len; j++) {
            body *b = AT(bodies, j);
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz;
            double magnitude = dt / (square * sqrt(square));
            pull(a, dx, dy, dz, -b->mass * magnitude);
            pull(b, dx, dy, dz, a->mass * magnitude);
        }
    }
    for (num i = 0; i < bodies.len; i++) {
        body *of = AT(bodies, i);
        of->x += dt * of->vx;
        of->y += dt * of->vy;
        of->z += dt * of->vz;
    }
}

static double energy(system_ bodies) {
    double sum = 0;
    for (num i = 0; i < bodies.len; i++) {
        body *a = AT(bodies, i);
        sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (num j = ADD(i, 1); j < bodies.len; j++) {
            body *b = AT(bodies, j);
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            sum -= a->mass * b->mass / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

int main(void) {
    system_ bodies = { malloc(5 * sizeof(body *)), 5 };
    for (num n = 0; n < 5; n++) {
        double f = n;
        body *of = malloc(sizeof(body));
        *of = (body){ f * 4.1 - 3.0, f * f * 0.7 - 1.0, 0.3 - f * 0.1, 0.1 * f, 0.5 - 0.2 * f, 0.02 * f * f, 10.0 / (1.0 + f * f) };
        AT(bodies, n) = of;
    }
    for (num n = 0; n < 5000000; n++) advance(bodies, 0.001);
    printf("%.17g\n", energy(bodies));
}
