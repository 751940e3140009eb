/* Is a program as new as everything it was built from? Exits 0 when it is, 1 when it is not.
   usage: fresh PROGRAM LIST ROOT
   LIST holds paths relative to ROOT, each ended by a zero byte. The same question asked in sh costs 4 us for each path, which is more
   than ./portolan may take; here it costs 1 us. Built by scripts/build where there is a C compiler. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct stat program, source;
    if (argc != 4 || stat(argv[1], &program) != 0) return 1;
    int list = open(argv[2], O_RDONLY);
    if (list < 0 || fstat(list, &source) != 0 || source.st_size == 0) return 1;
    const char *path = mmap(NULL, source.st_size, PROT_READ, MAP_PRIVATE, list, 0);
    if (path == MAP_FAILED) return 1;
    const char *end = path + source.st_size;
    int root = open(argv[3], O_PATH | O_DIRECTORY);
    if (root < 0) return 1;
    for (; path < end; path += strlen(path) + 1) {
        if (fstatat(root, path, &source, 0) != 0) return 1;
        if (source.st_mtim.tv_sec > program.st_mtim.tv_sec ||
            (source.st_mtim.tv_sec == program.st_mtim.tv_sec && source.st_mtim.tv_nsec > program.st_mtim.tv_nsec)) return 1;
    }
    return 0;
}
