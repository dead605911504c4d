{{/* What attaches service accounts while they are created: policy, webhook or none. */}}
{{- define "acr.admission" -}}
{{- $hasPolicies := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- if and (eq .Values.admission "policy") (not $hasPolicies) -}}
{{- fail "admission: policy needs MutatingAdmissionPolicy in admissionregistration.k8s.io/v1, which this cluster does not serve (Kubernetes 1.36 does): write auto, webhook or none." -}}
{{- end -}}
{{- if ne .Values.admission "auto" -}}
{{- .Values.admission -}}
{{- else -}}
{{- ternary "policy" "webhook" $hasPolicies -}}
{{- end -}}
{{- end }}
