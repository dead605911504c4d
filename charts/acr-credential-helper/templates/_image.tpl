{{- define "acr.image" -}}
{{- $image := .Values.image -}}
{{- $name := list $image.registry $image.repository | compact | join "/" -}}
{{- if $image.digest -}}
{{ $name }}@{{ $image.digest }}
{{- else -}}
{{ $name }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* An add-on that is pulled with what it makes could not come back once that has expired. */}}
{{- define "acr.imagePullSecrets" -}}
{{- range .Values.imagePullSecrets -}}
{{- if eq .name $.Values.pullSecretName -}}
{{- fail (printf "imagePullSecrets: the add-on makes %s itself and cannot be pulled with it. Create a Secret with a login of another origin, or take the image from a registry without one." .name) -}}
{{- end -}}
{{- end -}}
{{- toYaml .Values.imagePullSecrets -}}
{{- end }}
