{{/* What makes an object part of the uninstall hook: it is there while the hook runs, and goes with it. */}}
{{- define "acr.hookAnnotations" -}}
helm.sh/hook: pre-delete
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "acr.hookName" -}}
{{ include "acr.name" . }}-cleanup
{{- end }}

{{/* The account and its rights come before the Job. */}}
{{- define "acr.hookMetadata" -}}
name: {{ include "acr.hookName" . }}
labels:
  {{- include "acr.labels" . | nindent 2 }}
annotations:
  {{- include "acr.hookAnnotations" . | nindent 2 }}
  helm.sh/hook-weight: '-1'
{{- end }}

{{- define "acr.hookSubjects" -}}
- kind: ServiceAccount
  name: {{ include "acr.hookName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/* What cleanup does in the namespaces that were served. */}}
{{- define "acr.cleanedRules" -}}
- apiGroups: ['']
  resources: [serviceaccounts]
  verbs: [list, get, patch]
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [{{ .Values.pullSecretName }}]
  verbs: [list, delete]
{{- end }}
