package tasker

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const greetForm = `{"namespace":"default","name":"hello","version":"1.0.0","description":null,"schema":null,"steps":[` +
	`{"name":"greet","description":null,"handler_class":"Greet","depends_on":[],"max_attempts":3,"retryable":true,"timeout_seconds":null,` +
	`"backoff":{"strategy":"exponential","base_seconds":1,"max_seconds":300,"jitter":0.1},"skippable":false,"config":{}}]}`

func TestParseTemplateSize(t *testing.T) {
	document := "name: x\nsteps: []\n#"
	_, err := ParseTemplate([]byte(document+strings.Repeat("x", 1<<20-len(document))), "", nil)
	require.NoError(t, err)
	_, err = ParseTemplate([]byte(document+strings.Repeat("x", 1<<20)), "", nil)
	require.EqualError(t, err, "cannot read the template: it is larger than 1 MiB")
}

func TestParseTemplateVariablesCannotBomb(t *testing.T) {
	variables := map[string]string{"A": strings.Repeat("x", 1<<20)}
	_, err := ParseTemplate([]byte("name: x\nsteps: []\ndescription: "+strings.Repeat("${A}", 9)), "", variables)
	require.EqualError(t, err, "the template is not valid: /description: grows beyond 4 MiB by its variables")
	_, err = ParseTemplate([]byte("name: x\nsteps: []\ndescription: ${A}"), "", map[string]string{"A": "\xff"})
	require.EqualError(t, err, `the template is not valid: /description: variable "A" is not valid UTF-8`)
}

func TestParseTemplateReadsNoEnvironment(t *testing.T) {
	t.Setenv("TASKER_TEMPLATE_TEST", "set")
	_, err := ParseTemplate([]byte("name: ${TASKER_TEMPLATE_TEST}\nsteps: []\n"), "", nil)
	require.ErrorContains(t, err, `variable "TASKER_TEMPLATE_TEST" is not set`)
}

func TestDecodeTemplateIsStrict(t *testing.T) {
	template, err := DecodeTemplate([]byte(greetForm))
	require.NoError(t, err)
	require.Equal(t, "default/hello", template.Reference())
	for name, c := range map[string]struct{ old, replacement, wrong string }{
		"missing key":       {`"description":null,"schema"`, `"schema"`, `key "description" is missing`},
		"unknown key":       {`"schema":null`, `"schema":null,"author":"me"`, `unknown key "author"`},
		"other case":        {`"schema"`, `"Schema"`, `key "schema" is missing; unknown key "Schema"`},
		"null for a number": {`"max_attempts":3`, `"max_attempts":null`, "/steps/0/max_attempts: is not of the type"},
		"text for a number": {`"base_seconds":1`, `"base_seconds":"1"`, "/steps/0/backoff/base_seconds: is not of the type"},
		"a fraction":        {`"max_attempts":3`, `"max_attempts":1.5`, "max_attempts"},
		"key given twice":   {`"config":{}`, `"config":{},"config":{}`, `/steps/0: key "config" is given twice`},
		"a broken rule":     {`"max_attempts":3`, `"max_attempts":-3`, "/steps/0/max_attempts: must be between 0 and 1000"},
		"names of numbers":  {`"depends_on":[]`, `"depends_on":[1]`, "/steps/0/depends_on/0: must be a string"},
		"no object":         {greetForm, `[]`, "it is not a JSON object"},
		"something behind":  {`"config":{}}]}`, `"config":{}}]} {}`, "it is not a JSON object"},
		"infinite number":   {`"max_seconds":300`, `"max_seconds":1e999`, "larger than a double"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeTemplate([]byte(strings.Replace(greetForm, c.old, c.replacement, 1)))
			require.ErrorContains(t, err, c.wrong)
			require.IsType(t, &Error{}, err)
		})
	}
}

func TestDecodeTemplateTakesTextLiterally(t *testing.T) {
	template, err := DecodeTemplate([]byte(strings.Replace(greetForm, `"config":{}`, `"config": { "url": "${HOST}", "n": 1.0 }`, 1)))
	require.NoError(t, err)
	require.JSONEq(t, `{"url":"${HOST}","n":1}`, string(template.Steps[0].Config))
}

func TestTemplateCheckOfOneMadeByHand(t *testing.T) {
	template := Template{Namespace: "default", Name: "made", Version: "1.0.0", Steps: []Step{
		{Name: "a", HandlerClass: "A", MaxAttempts: 1, Backoff: DefaultBackoff, DependsOn: []string{"b"}},
		{Name: "b", HandlerClass: "B", MaxAttempts: 1, Backoff: DefaultBackoff, DependsOn: []string{"a"}},
	}}
	require.EqualError(t, template.Check(), "the template is not valid: /steps/0: cycle: a → b → a: remove one of these dependencies")
	template.Steps[0].DependsOn = nil
	require.NoError(t, template.Check())
	encoded, err := template.Encode()
	require.NoError(t, err)
	decoded, err := DecodeTemplate(encoded)
	require.NoError(t, err)
	require.JSONEq(t, "{}", string(decoded.Steps[0].Config))
}

func TestNearest(t *testing.T) {
	known := []string{"retry_limit", "retryable", "retry"}
	for word, near := range map[string]string{"retry_limt": "retry_limit", "retrable": "retryable", "rety": "retry", "colour": "", "x": "", "": ""} {
		found, ok := nearest(word, known)
		require.Equal(t, near, found, word)
		require.Equal(t, near != "", ok, word)
	}
	require.Equal(t, 3, distance([]rune("kitten"), []rune("sitting")))
}

func TestCompileSchemaRefusesWhatItCannotCheck(t *testing.T) {
	_, err := CompileSchema([]byte(`{"type":"strin","$ref":"http://127.0.0.1/x.json"}`))
	require.ErrorContains(t, err, "the schema is not a JSON Schema of draft 7: /type: ")
	require.ErrorContains(t, err, "nothing is loaded from elsewhere")
	_, err = CompileSchema([]byte(`[]`))
	require.ErrorContains(t, err, "must be a mapping")
	schema, err := CompileSchema([]byte(`{"type":"object"}`))
	require.NoError(t, err)
	require.ErrorContains(t, schema.Validate([]byte(`{`)), "the context is not JSON")
	require.ErrorContains(t, schema.Validate([]byte(`{"a":1e999999999}`)), "no double can hold")
}
