package facts

import (
	"testing"
	"time"
)

// In every zone each day around the ends of common and leap years begins once:
// what is before is another day.
func TestDaysBeginInEveryZone(t *testing.T) {
	t.Parallel()
	archive, err := zones()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		loc, err := load(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, year := range []int{2024, 2026, 2028, 2099, 2104} {
			for n := range 6 {
				day := time.Date(year, time.December, 29+n, 0, 0, 0, 0, time.UTC)
				start := dayStart(day, loc)
				if got, before := start.In(loc).Format(time.DateTime), start.Add(-1).In(loc).Format(time.DateOnly); got != day.Format(time.DateTime) || before != day.AddDate(0, 0, -1).Format(time.DateOnly) {
					t.Errorf("%s, %s: begins at %s, after %s", f.Name, day.Format(time.DateOnly), got, before)
				}
				if next, ok := clockSet(start.In(loc)); ok && next <= start.UnixNano() {
					t.Errorf("%s: the clocks are set next before %s", f.Name, start)
				}
			}
		}
	}
}
