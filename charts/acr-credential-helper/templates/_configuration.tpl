{{/* The entries as the ConfigMap has them. Text goes there as it is, with what the add-on can read and YAML cannot. */}}
{{- define "acr.registryInfo" -}}
{{- if kindIs "string" .Values.AcrInstanceInfo -}}
{{- .Values.AcrInstanceInfo -}}
{{- else -}}
{{- toYaml .Values.AcrInstanceInfo -}}
{{- end -}}
{{- end }}

{{- define "acr.webhookConfiguration" -}}
enable: {{ eq (include "acr.admission" .) "webhook" }}
failure-policy: {{ .Values.webhook.failurePolicy }}
timeout-seconds: {{ int .Values.webhook.timeoutSeconds }}
{{- end }}

{{- define "acr.commaList" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ join "," . }}{{ end -}}
{{- end }}
