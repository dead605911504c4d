{{/*
The Secrets with access keys that the values refer to, as a JSON list. The entries are looked through as text,
since they may be given as text that only the add-on can read.
*/}}
{{- define "acr.accessKeySecrets" -}}
{{- $names := .Values.rbac.accessKeySecrets -}}
{{- if not .Values.configuration.existing -}}
{{- $reference := `(?i)accessKeySecretRef["']?[ \t]*:[ \t]*["']?[a-z0-9.-]+` -}}
{{- $entries := regexReplaceAll `(?m)(^|\s)#.*$` (include "acr.registryInfo" .) "" -}}
{{- range regexFindAll $reference $entries -1 -}}
{{- $names = append $names (regexFind `[a-z0-9.-]+$` .) -}}
{{- end -}}
{{- end -}}
{{- $names | uniq | sortAlpha | toJson -}}
{{- end }}
