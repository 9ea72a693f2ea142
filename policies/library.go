package policies

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed sgl/*.rego constraint/*.rego challenge/*.rego dispatch/*.rego
var files embed.FS

// Library returns the Rego that every framework's bundle carries, by path
// ("sgl/sgl.rego"), without its tests. The caller may keep and change the map.
func Library() map[string][]byte {
	library := make(map[string][]byte)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isPolicy(path) {
			return err
		}
		library[path], err = files.ReadFile(path)
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return library
}

func isPolicy(path string) bool {
	return strings.HasSuffix(path, ".rego") && !strings.HasSuffix(path, "_test.rego")
}
