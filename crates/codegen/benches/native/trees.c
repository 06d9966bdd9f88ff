#include "checked.h"

typedef struct tree { struct tree *left, *right; } tree;

static tree *grown(num depth) {
    tree *made = malloc(sizeof(tree));
    *made = depth == 0 ? (tree){ NULL, NULL } : (tree){ grown(SUB(depth, 1)), grown(SUB(depth, 1)) };
    return made;
}

static num count(const tree *of) {
    if (!of->left || !of->right) return 1;
    return ADD(ADD(1, count(of->left)), count(of->right));
}

static void drop(tree *of) {
    if (of->left) drop(of->left);
    if (of->right) drop(of->right);
    free(of);
}

int main(void) {
    tree *lasting = grown(17);
    num sum = 0;
    for (num depth = 4; depth <= 17; depth += 2) {
        for (num n = 0; n < (num)1 << (17 - depth + 4); n++) {
            tree *made = grown(depth);
            sum = ADD(sum, count(made));
            drop(made);
        }
    }
    printf("%ld\n", ADD(sum, count(lasting)));
}
