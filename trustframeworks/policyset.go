package trustframeworks

// ReadPolicySet reads the archive of a policy set (tar, also gzipped): data.json,
// which is what stands at data, beside *.rego files, and nothing else. Its
// document is data.json. Nothing of it is compiled.
func ReadPolicySet(raw []byte) (*Source, []Finding) {
	s := &Source{Rego: map[string][]byte{}, set: true}
	if !isGzip(raw) && !isTar(raw) {
		return nil, []Finding{{Line: 1, Column: 1, Code: CodeArchive, Message: "a policy set is an archive: tar, also gzipped"}}
	}
	if err := s.unpack(raw); err != nil {
		return nil, refusedArchive(err)
	}
	return s, nil
}

// NewPolicySet is a policy set without files yet, for [Source.Add].
func NewPolicySet() *Source { return &Source{set: true} }

// dataPath is where the data of a policy set stands: elsewhere it would be
// another's.
var dataPath = []string{"procura", "authz"}

// PolicyData reads what the data of a policy set holds at procura.authz. It must
// hold nothing elsewhere.
func (s *Source) PolicyData() (map[string]any, []Finding) {
	v, source, found := read(s.Document)
	path := ""
	for _, step := range dataPath {
		m, ok := v.(map[string]any)
		if !ok && len(found) == 0 {
			found = append(found, source.finding(path, CodeSchema, "must be an object"))
		}
		for name := range m {
			if name != step {
				found = append(found, source.finding(pointer(path, name), CodeSchema, "a policy set holds data below procura.authz, and nowhere else"))
			}
		}
		v, path = m[step], pointer(path, step)
		if v == nil {
			v = map[string]any{}
		}
	}
	data, ok := v.(map[string]any)
	if !ok && len(found) == 0 {
		found = append(found, source.finding(path, CodeSchema, "must be an object"))
	}
	for i := range found {
		found[i].File = dataNames[0]
	}
	return data, SortFindings(found)
}
