/* make_fixtures DIR: what support/fixtures.h lists, for the tests of the command line. */
#include "support/fixtures.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    fixtures_make(argv[1]);
    return 0;
}
