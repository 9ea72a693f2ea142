package trustframeworks

// check holds what the JSON Schema cannot say. Each part adds its findings.
func (d *Document) check() []Finding {
	c := &checker{Document: d}
	return c.found
}

type checker struct {
	*Document
	found []Finding
}

func (c *checker) add(path, code, format string, args ...any) {
	if len(c.found) < maxFindings {
		c.found = append(c.found, c.Finding(path, code, format, args...))
	}
}
