package arena

import "golang.org/x/sys/unix"

// mapPages maps pages; nil: it
// maps none. They are locked where the limit on locked memory allows it.
func mapPages(size int) (mapped []byte, locked bool) {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, false
	}
	_ = unix.Madvise(b, unix.MADV_DONTDUMP) // else a core has them, if there is a core
	return b, unix.Mlock(b) == nil
}

// NoCore sees that this program leaves no core, and that no other of the same user
// reads its memory. A handler that core_pattern names is asked for none either.
func NoCore() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
