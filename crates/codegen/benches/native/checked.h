// Arithmetic and arrays of the C twins. With -DCHECKED each sum, difference and product is checked for overflow and each index for its
// bounds, as in Pluto; without, they are plain C.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t num;

#ifdef CHECKED
static inline num checked_add(num a, num b) {
    num sum;
    if (__builtin_add_overflow(a, b, &sum)) abort();
    return sum;
}
static inline num checked_sub(num a, num b) {
    num difference;
    if (__builtin_sub_overflow(a, b, &difference)) abort();
    return difference;
}
static inline num checked_mul(num a, num b) {
    num product;
    if (__builtin_mul_overflow(a, b, &product)) abort();
    return product;
}
static inline num checked_index(num at, num len) {
    if ((uint64_t)at >= (uint64_t)len) abort();
    return at;
}
#define ADD(a, b) checked_add(a, b)
#define SUB(a, b) checked_sub(a, b)
#define MUL(a, b) checked_mul(a, b)
#define AT(array, at) ((array).items[checked_index(at, (array).len)])
#else
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define AT(array, at) ((array).items[at])
#endif

typedef struct { num *items; num len; } nums;
typedef struct { double *items; num len; } floats;
typedef struct { unsigned char *items; num len; } bools;

static inline nums new_nums(num len) { return (nums){ calloc(len, sizeof(num)), len }; }
static inline floats new_floats(num len) { return (floats){ calloc(len, sizeof(double)), len }; }
static inline bools new_bools(num len) { return (bools){ calloc(len, 1), len }; }
