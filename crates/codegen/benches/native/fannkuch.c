#include "checked.h"

int main(void) {
    num n = 10, checksum = 0, most = 0, round = 0, left = n;
    nums first = new_nums(n), turned = new_nums(n), counts = new_nums(n);
    for (num k = 0; k < n; k++) AT(first, k) = k;
    for (;;) {
        while (left != 1) {
            AT(counts, SUB(left, 1)) = left;
            left = SUB(left, 1);
        }
        for (num k = 0; k < n; k++) AT(turned, k) = AT(first, k);
        num flips = 0;
        for (;;) {
            num head = AT(turned, 0);
            if (head == 0) break;
            num low = 0, high = head;
            while (low < high) {
                num kept = AT(turned, low);
                AT(turned, low) = AT(turned, high);
                AT(turned, high) = kept;
                low = ADD(low, 1);
                high = SUB(high, 1);
            }
            flips = ADD(flips, 1);
        }
        if (flips > most) most = flips;
        checksum = round % 2 == 0 ? ADD(checksum, flips) : SUB(checksum, flips);
        for (;;) {
            if (left == n) {
                printf("%ld %ld\n", checksum, most);
                return 0;
            }
            num head = AT(first, 0);
            for (num k = 0; k < left; k++) AT(first, k) = AT(first, ADD(k, 1));
            AT(first, left) = head;
            AT(counts, left) = SUB(AT(counts, left), 1);
            if (AT(counts, left) > 0) break;
            left = ADD(left, 1);
        }
        round = ADD(round, 1);
    }
}
