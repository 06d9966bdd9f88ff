#include "checked.h"

typedef struct disk { num size; struct disk *below; } disk;
typedef struct { disk **items; num len; } disks;
typedef struct { disks piles; num moved; } towers;

static void push(towers *of, disk *one, num pile) {
    one->below = AT(of->piles, pile);
    AT(of->piles, pile) = one;
}

static void move_one(towers *of, num from, num to) {
    disk *one = AT(of->piles, from);
    if (!one) return;
    AT(of->piles, from) = one->below;
    push(of, one, to);
    of->moved = ADD(of->moved, 1);
}

static void move_all(towers *of, num count, num from, num to) {
    if (count == 1) {
        move_one(of, from, to);
    } else {
        num other = SUB(SUB(3, from), to);
        move_all(of, SUB(count, 1), from, other);
        move_one(of, from, to);
        move_all(of, SUB(count, 1), other, to);
    }
}

int main(void) {
    towers of = { { calloc(3, sizeof(disk *)), 3 }, 0 };
    for (num n = 0; n < 26; n++) {
        disk *one = malloc(sizeof(disk));
        *one = (disk){ 26 - n, NULL };
        push(&of, one, 0);
    }
    move_all(&of, 26, 0, 1);
    printf("%ld\n", of.moved);
}
