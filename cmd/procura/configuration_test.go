package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

const configurationPath = "../../docs/configuration.md"

// configurationDocument writes down every setting of procura serve.
func configurationDocument() []byte {
	var out bytes.Buffer
	out.WriteString(`# Configuration

Every setting of ` + "`procura serve`" + `. A flag goes before the environment, that before the YAML file that ` + "`--config`" + ` names,
and that before the default. In the file a setting stands under its flag's name, and one that may be repeated is a list; a
setting that is made of members (` + "`--oauth`, `--fetch-allow`" + `) may stand there as an object, and in the environment is one
value. A name that is no setting is refused, in the file and in the environment: a ` + "`PROCURA_`" + ` variable that sets no flag of
any command, but for ` + "`PROCURA_TEST_…`" + ` and what Kubernetes gives a container for a service named procura (` + "`PROCURA_SERVICE_HOST`" + `). This page is generated from the program: ` + "`go test ./cmd/procura -run TestConfigurationDocument -update`" + ` writes it.

| flag | environment | in the file | default | what it is, with its unit and range |
| --- | --- | --- | --- | --- |
`)
	serveCommand().Flags().VisitAll(func(f *pflag.Flag) {
		key, value := "`"+f.Name+"`", "`"+f.DefValue+"`"
		if f.Name == "config" {
			key = "–"
		}
		if f.DefValue == "" || f.DefValue == "[]" || f.DefValue == "0s" {
			value = "none"
		}
		usage := strings.ReplaceAll(f.Usage, "|", "\\|")
		fmt.Fprintf(&out, "| `--%s` | `%s` | %s | %s | %s |\n", f.Name, variable(f.Name), key, value, usage)
	})
	out.WriteString(`
Traces are set by the environment variables of OpenTelemetry ([Operations](operations.md)); ` + "`--metrics-listen`" + ` answers
Prometheus. Durations are written as ` + "`30s`, `10m` or `1h30m`" + `. Files
of certificates and keys are read once, when the server starts; a ` + "`jwksFile`" + ` is read anew every ten minutes and when a token
names a key that is not in it.
`)
	return out.Bytes()
}

func TestConfigurationDocument(t *testing.T) {
	t.Parallel()
	want := configurationDocument()
	if *update {
		if err := os.WriteFile(configurationPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(configurationPath)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not as the flags are (%v): write it anew with -update", configurationPath, err)
	}
}
