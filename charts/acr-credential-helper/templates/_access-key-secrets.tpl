{{/* The Secrets with access keys that the values refer to: a JSON list in order, each once. */}}
{{- define "acr.accessKeySecrets" -}}
{{- $names := .Values.rbac.accessKeySecrets -}}
{{- if not .Values.configuration.existing -}}
{{- range include "acr.entries" . | fromJsonArray -}}
{{- range $field, $value := . -}}
{{- if and (eq (lower $field) "accesskeysecretref") $value -}}
{{- $names = append $names $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $names | uniq | sortAlpha | toJson -}}
{{- end }}

{{/* The entries as a JSON list. The console has them as text, Terraform as a list. */}}
{{- define "acr.entries" -}}
{{- $entries := .Values.AcrInstanceInfo -}}
{{- if kindIs "string" $entries -}}
{{- $text := $entries -}}
{{- $entries = fromYamlArray $text -}}
{{- range $entries -}}
{{- if not (kindIs "map" .) -}}
{{- fail (printf "AcrInstanceInfo: this text is no YAML or JSON list of entries: %s" $text) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $entries | toJson -}}
{{- end }}
