{{/* There is one add-on in a cluster, whatever the release is called: two would write the same Secrets. */}}
{{- define "acr.name" -}}
aliyun-acr-credential-helper
{{- end }}

{{- define "acr.webhookService" -}}
{{ include "acr.name" . }}-webhook
{{- end }}

{{/* Who the add-on is to the API server. */}}
{{- define "acr.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "acr.name" . }}
{{- end }}

{{- define "acr.selectorLabels" -}}
app.kubernetes.io/name: acr-credential-helper
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "acr.labels" -}}
{{ include "acr.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The metadata of the namespaced objects that carry the add-on's own name. */}}
{{- define "acr.metadata" -}}
name: {{ include "acr.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "acr.labels" . | nindent 2 }}
{{- end }}

{{/* The add-on's account, as a binding names it. */}}
{{- define "acr.subjects" -}}
- kind: ServiceAccount
  name: {{ include "acr.name" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
