{{/* What the add-on does in the namespaces that it serves. */}}
{{- define "acr.watchedRules" -}}
# Attachments are JSON patches that test what they read.
- apiGroups: ['']
  resources: [serviceaccounts]
  verbs: [list, watch, patch]
{{- if ne .Values.waitingPods "off" }}
# Those that wait for an image, to say which of them never get it{{ if eq .Values.waitingPods "restart" }}, and to have them made anew{{ end }}.
- apiGroups: ['']
  resources: [pods]
  verbs: [list{{ if eq .Values.waitingPods "restart" }}, delete{{ end }}]
{{- end }}
# Their names are not known beforehand.
- apiGroups: ['']
  resources: [events]
  verbs: [create, patch]
# One Secret name. It is written by server-side apply only: that request carries the name, so RBAC can hold
# the add-on to it, also when it creates.
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [{{ .Values.pullSecretName }}]
  verbs: [list, watch, create, patch, delete]
{{- end }}
